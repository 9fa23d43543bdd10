//! What the browser may ask about fallback redirects, and how they are saved.
#![expect(missing_docs, reason = "the struct that #[server] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::codec::Json};

use super::{form::FallbackForm, verdict::Verdict};
use crate::{error::AppError, redirects::Flow, saving::outcome::SaveOutcome};

/// What the policy says of a value before it is saved: the verdict that saving will give.
#[server(endpoint = "check_fallback", input = Json)]
pub async fn check_fallback(slug: String, flow: Flow, value: String) -> Result<Verdict, AppError> {
    let stored = crate::layout::loading::instance(&slug).await?;
    Ok(Verdict::of(&stored.instance, flow, &value))
}

/// Saves the Redirects tab. A form that is posted without JavaScript calls it too.
#[server(endpoint = "save_fallbacks", input = Json)]
pub async fn save_fallbacks(slug: String, form: FallbackForm) -> Result<SaveOutcome, AppError> {
    crate::saving::save::Saver::editor(slug).await?.save(form).await
}
