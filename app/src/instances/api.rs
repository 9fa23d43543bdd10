//! How instances are created and changed.
#![expect(missing_docs, reason = "the struct that #[server] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::codec::Json};

use super::{form::InstanceForm, portal_pages::PortalPages};
use crate::{error::AppError, saving::outcome::SaveOutcome};

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

/// Switches the hosted pages of an instance on or off, at once. Editors may.
#[server(endpoint = "set_portal_pages", input = Json)]
pub async fn set_portal_pages(slug: String, pages: PortalPages) -> Result<SaveOutcome, AppError> {
    super::portal_pages::set(slug, pages).await
}
