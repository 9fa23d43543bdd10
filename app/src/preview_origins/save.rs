//! Removing a preview origin on the Settings page.

use serde::Deserialize;

use super::{store, view::REMOVED};
use crate::{database::StoreError, error::AppError, paths, saving::save::Saver};

/// The form of the button.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveForm {
    /// The origin.
    pub origin: String,
}

/// Removes an origin for one of the instance's editors. Returns the page to go to.
///
/// # Errors
/// The caller may not, the instance is archived, or the database does not answer.
pub async fn remove(slug: String, form: RemoveForm) -> Result<String, AppError> {
    let saver = Saver::editor(slug).await?;
    let removed = store::remove(&saver.pool, &saver.actor, &saver.slug, &form.origin).await.map_err(StoreError::into_app_error)?;
    let settings = paths::instance(&saver.slug).settings();
    // Somebody else may have removed it, and then there is nothing to say.
    if removed.is_none() {
        return Ok(format!("{settings}#preview-origins"));
    }
    saver.mark_saved();
    Ok(format!("{settings}?{REMOVED}#preview-origins"))
}
