//! Restoring is saving the fallback redirects of an earlier version, recorded as what it is.

use serde::Serialize;

use super::RestoreForm;
use crate::{
    database::StoreError,
    error::AppError,
    fallbacks::{self, form::FallbackForm, proposal::Proposal},
    history::{Kind, store::fallbacks_at},
    instances::stored::StoredInstance,
    saving::{
        merge::Merge,
        outcome::{Conflict, SaveOutcome},
        save::{Save, Saver},
    },
};

/// Restores the fallback redirects of version `at` for one of the instance's editors. Today's policy leaves out what it refuses.
///
/// # Errors
/// The instance never had that version, the caller may not, it is archived, or the database does not answer.
pub(super) async fn restore(slug: String, at: i64, form: RestoreForm) -> Result<SaveOutcome, AppError> {
    let saver = Saver::editor(slug).await?;
    let restored = restored_form(&saver, at, form.version).await.map_err(StoreError::into_app_error)?;
    saver.save(restored).await
}

/// The form that changes what was stored at version `since` to what was stored at version `at`.
async fn restored_form(saver: &Saver, at: i64, since: i64) -> Result<RestoredForm, StoreError> {
    let stored = saver.stored().await?;
    let target = fallbacks_at(&saver.pool, &stored, at).await?.ok_or(StoreError::NotFound)?;
    // A version that the instance never had is a conflict by itself, whatever the form is based on.
    let base = fallbacks_at(&saver.pool, &stored, since).await?.unwrap_or_else(|| stored.fallbacks.clone());
    let before = FallbackForm::of(&base, since);
    let proposal = Proposal::new(&StoredInstance { fallbacks: base, ..stored }, &target);
    let form = FallbackForm { base: before.base, ..FallbackForm::of(&proposal.result(), since) };
    Ok(RestoredForm { form, at })
}

/// The form of the Redirects tab with the values of an earlier version.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
struct RestoredForm {
    form: FallbackForm,
    #[serde(skip)]
    at: i64,
}

impl Merge for RestoredForm {
    fn of_stored(stored: &StoredInstance) -> Self {
        Self { form: FallbackForm::of_stored(stored), at: stored.instance.version() }
    }

    fn merge(self, stored: &StoredInstance) -> (Self, Conflict) {
        let (form, conflict) = self.form.merge(stored);
        (Self { form, ..self }, conflict)
    }
}

impl Save for RestoredForm {
    fn version(&self) -> i64 {
        self.form.version
    }

    fn before(&self) -> String {
        self.form.base.clone()
    }

    async fn save(&self, saver: &Saver) -> Result<i64, StoreError> {
        let about = Some(self.at.to_string());
        fallbacks::store::save_as(&saver.pool, &saver.actor, &saver.slug, &self.form, Kind::Restored, about).await
    }
}
