//! How an earlier version is restored.
#![expect(missing_docs, reason = "the struct that #[server] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::codec::Json};

use super::RestoreForm;
use crate::{error::AppError, saving::outcome::SaveOutcome};

/// Puts the fallback redirects of a version back, as a new version. Editors may, while the save that the form names is still in force.
#[server(endpoint = "restore_version", input = Json)]
pub async fn restore_version(slug: String, version: i64, form: RestoreForm) -> Result<SaveOutcome, AppError> {
    super::save::restore(slug, version, form).await
}
