//! How settings are copied.
#![expect(missing_docs, reason = "the struct that #[server] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::codec::Json};

use super::form::CopyForm;
use crate::{error::AppError, saving::outcome::SaveOutcome};

/// Copies what is checked to the instance of that slug. Its editors may, if they are members of the source.
#[server(endpoint = "copy_settings", input = Json)]
pub async fn copy_settings(slug: String, form: CopyForm) -> Result<SaveOutcome, AppError> {
    use super::{store::copy, weigh::weigh};
    use crate::{
        layout::loading,
        members::role::Role,
        saving::{outcome::Confirmation, save::Saver},
    };

    let saver = Saver::editor(slug).await?;
    loading::admit(&form.from, Role::Viewer).await?;
    let figure = match weigh(&saver, &form).await {
        Ok(figure) => figure,
        Err(html) => return Ok(SaveOutcome::Confirm(Box::new(Confirmation { html, merged: None }))),
    };
    match copy(&saver.pool, &saver.actor, &saver.slug, &form, figure).await {
        Ok(copied) => {
            saver.mark_saved();
            Ok(SaveOutcome::Saved(copied))
        }
        Err(error) => error.into_outcome(),
    }
}
