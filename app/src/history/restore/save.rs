//! Restoring is saving the fallback redirects of an earlier version, recorded as what it is.

use super::RestoreForm;
use crate::{
    database::StoreError,
    error::AppError,
    fallbacks::{self, form::FallbackForm, proposal::Proposal},
    history::{Kind, store::fallbacks_at},
    instances::stored::FilledFrom,
    saving::{
        outcome::{SaveOutcome, Saved},
        save::Saver,
    },
};

/// Restores the fallback redirects of version `at` for one of the instance's editors. Today's policy leaves out what it refuses. If
/// somebody has saved since the page was made, nothing is restored: the page shows what restoring would change now.
///
/// # Errors
/// The instance never had that version, the caller may not, it is archived, or the database does not answer.
pub(super) async fn restore(slug: String, at: i64, form: RestoreForm) -> Result<SaveOutcome, AppError> {
    let saver = Saver::editor(slug).await?;
    match restore_at(&saver, at, FilledFrom { version: form.version, save_id: &form.save_id }).await {
        Ok(version) => {
            saver.mark_saved();
            Ok(SaveOutcome::Saved(Saved { slug: saver.slug, version, ..Saved::default() }))
        }
        Err(StoreError::Conflict(_)) => Ok(SaveOutcome::stale()),
        Err(error) => Err(error.into_app_error()),
    }
}

async fn restore_at(saver: &Saver, at: i64, from: FilledFrom<'_>) -> Result<i64, StoreError> {
    let stored = saver.stored().await?;
    let target = fallbacks_at(&saver.pool, &stored, at).await?.ok_or(StoreError::NotFound)?;
    if !from.is_stored(&stored) {
        return Err(StoreError::Conflict(Box::new(stored)));
    }
    let form = FallbackForm::filled(&Proposal::new(&stored, &target).result(), from);
    let written = fallbacks::store::write(&saver.pool, &saver.actor, &saver.slug, &form, Kind::Restored, Some(at.to_string())).await?;
    Ok(written.version)
}
