//! Restoring is saving the fallback redirects of an earlier version, recorded as what it is.

use super::RestoreForm;
use crate::{
    database::StoreError,
    error::AppError,
    fallbacks::{self, form::FallbackForm, proposal::Proposal, store::Record},
    history::{Kind, store::fallbacks_at},
    insight::impact::measure::Proposed,
    instances::stored::FilledFrom,
    saving::{
        outcome::{Confirmation, SaveOutcome, Saved},
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
    match restore_at(&saver, at, &form).await {
        Ok(Err(html)) => Ok(SaveOutcome::Confirm(Box::new(Confirmation { html, merged: None }))),
        Ok(Ok(version)) => {
            saver.mark_saved();
            Ok(SaveOutcome::Saved(Saved { slug: saver.slug, version, ..Saved::default() }))
        }
        Err(StoreError::Conflict(_)) => Ok(SaveOutcome::stale()),
        Err(error) => Err(error.into_app_error()),
    }
}

/// The version that the instance has then, or the question to ask first.
async fn restore_at(saver: &Saver, at: i64, restore: &RestoreForm) -> Result<Result<i64, String>, StoreError> {
    let from = FilledFrom { version: restore.version, save_id: &restore.save_id };
    let stored = saver.stored().await?;
    let target = fallbacks_at(&saver.pool, &stored, at).await?.ok_or(StoreError::NotFound)?;
    if !from.is_stored(&stored) {
        return Err(StoreError::Conflict(Box::new(stored)));
    }
    let fallbacks = Proposal::new(&stored, &target).result();
    let form = FallbackForm::filled(&fallbacks, from);
    let proposed = Proposed { instance: stored.instance.clone(), fallbacks };
    let figure = match saver.weigh_change(&stored, &proposed, &restore.confirmed, "Restore").await {
        Ok(figure) => figure,
        Err(html) => return Ok(Err(html)),
    };
    let record = Record { kind: Kind::Restored, about: Some(at.to_string()), figure };
    let written = fallbacks::store::write(&saver.pool, &saver.actor, &saver.slug, &form, record).await?;
    Ok(Ok(written.version))
}
