//! How instances are created and changed.
#![expect(missing_docs, reason = "the struct that #[server] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::codec::Json};

use super::{form::InstanceForm, portal_pages::PortalPages};
use crate::{
    error::AppError,
    saving::outcome::{SaveOutcome, SettingsCheck},
};

/// Creates an instance, of which the caller becomes the owner. Server-wide admins may.
#[server(endpoint = "create_instance", input = Json)]
pub async fn create_instance(form: InstanceForm) -> Result<SaveOutcome, AppError> {
    super::save::create(form).await
}

/// Saves an instance's settings. Editors may.
#[server(endpoint = "save_settings", input = Json)]
pub async fn save_settings(slug: String, form: InstanceForm) -> Result<SaveOutcome, AppError> {
    super::save::save(slug, form).await
}

/// What is wrong with the settings as they are typed, and which fallback redirects would be skipped. Nothing is stored.
#[server(endpoint = "check_settings", input = Json)]
pub async fn check_settings(slug: String, form: InstanceForm) -> Result<SettingsCheck, AppError> {
    let stored = crate::layout::loading::instance(&slug).await?;
    let form = InstanceForm { slug, ..form.with_origins_apart() };
    Ok(super::impact::check(&stored, &form, &use_context().unwrap_or_default()))
}

/// How many visits the settings concern as they are typed, as HTML. Empty where no visits were counted, or something is wrong with them.
#[server(endpoint = "settings_impact", input = Json)]
pub async fn settings_impact(slug: String, form: InstanceForm) -> Result<String, AppError> {
    let form = InstanceForm { slug: slug.clone(), ..form.with_origins_apart() };
    crate::insight::impact::live::of_typed(&slug, form).await
}

/// Switches the hosted pages of an instance on or off, at once. Editors may.
#[server(endpoint = "set_portal_pages", input = Json)]
pub async fn set_portal_pages(slug: String, pages: PortalPages) -> Result<SaveOutcome, AppError> {
    super::portal_pages::set(slug, pages).await
}
