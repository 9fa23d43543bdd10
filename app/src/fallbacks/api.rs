//! What the browser may ask about fallback redirects, and how they are saved.
#![expect(missing_docs, reason = "the struct that #[server] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::codec::Json};

use super::{form::FallbackForm, verdict::OfferedVerdict};
use crate::{error::AppError, redirects::Flow, saving::outcome::SaveOutcome};

/// What the policy says of a value before it is saved: the verdict that saving will give. `allow` has the origins that are ticked,
/// separated by spaces. Only those who may edit the settings are offered to allow one.
#[server(endpoint = "check_fallback", input = Json)]
pub async fn check_fallback(slug: String, flow: Flow, value: String, #[server(default)] allow: String) -> Result<OfferedVerdict, AppError> {
    use crate::{layout::loading, members::role::Role};

    let stored = loading::instance(&slug).await?;
    let allow: Vec<String> = allow.split(' ').map(str::to_owned).collect();
    let is_editor = loading::role(&slug).await? >= Role::Editor;
    Ok(OfferedVerdict::of(&stored, flow, &value, is_editor.then_some(&allow), "button"))
}

/// How many visits the Redirects tab concerns as it is typed, as HTML. Empty where no visits were counted, or something is wrong with it.
#[server(endpoint = "fallbacks_impact", input = Json)]
pub async fn fallbacks_impact(slug: String, form: FallbackForm) -> Result<String, AppError> {
    crate::insight::impact::live::of_typed(&slug, form).await
}

/// Saves the Redirects tab. A form that is posted without JavaScript calls it too.
#[server(endpoint = "save_fallbacks", input = Json)]
pub async fn save_fallbacks(slug: String, form: FallbackForm) -> Result<SaveOutcome, AppError> {
    crate::saving::save::Saver::editor(slug).await?.save(form).await
}
