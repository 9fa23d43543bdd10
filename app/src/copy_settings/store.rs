//! Copying settings to an instance: origins and fallback redirects in one transaction, as one version and one change.

use sqlx::PgPool;

use super::{form::CopyForm, plan::Plan, rewrite::rewritten};
use crate::{
    database::{StoreError, begin},
    error::AppError,
    fallbacks,
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    insight::impact::Figure,
    instances::{
        store::{find, lock},
        stored::FilledFrom,
    },
    saving::outcome::{SaveOutcome, Saved},
    ui::form::FieldError,
};

/// What is said where the source is the target.
pub(super) const ITSELF: &str = "An instance can't be copied to itself. Choose another one.";

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source is the target.
    #[error("an instance can't be copied to itself")]
    Itself,
    /// One of the two was saved since the difference was shown.
    #[error("saved by somebody else in between")]
    Stale,
    /// Nothing is checked that is allowed and makes a difference.
    #[error("nothing would change")]
    Nothing,
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

impl CopyError {
    /// The outcome of a copy that was not made, in words that name the fix.
    ///
    /// # Errors
    /// What is not the form's fault.
    pub(super) fn into_outcome(self) -> Result<SaveOutcome, AppError> {
        let rejected = |field: &str, message: &str| Ok(SaveOutcome::rejected(vec![FieldError::new(field, message)]));
        match self {
            Self::Itself => rejected("from", ITSELF),
            Self::Nothing => rejected("flow", "Check at least one value. One that needs an allowed origin is refused without it."),
            Self::Stale => Ok(SaveOutcome::stale()),
            Self::Store(error) => Err(error.into_app_error()),
        }
    }
}

impl From<StoreError> for CopyError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_) => Self::Stale,
            error => Self::Store(error),
        }
    }
}

impl From<sqlx::Error> for CopyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Copies what is checked to the instance of that slug, and returns what was left out, since the target's rules refuse it. The caller
/// has checked that the actor may read the source, and measured how many visits it concerns if that was possible.
///
/// # Errors
/// Neither instance is there, one was saved in between, nothing would change, or PostgreSQL.
pub async fn copy(pool: &PgPool, actor: &Actor, slug: &str, form: &CopyForm, figure: Option<Figure>) -> Result<Saved, CopyError> {
    if form.from == slug {
        return Err(CopyError::Itself);
    }
    let mut transaction = begin(pool).await?;
    let target = lock(&mut transaction, actor, slug, FilledFrom { version: form.version, save_id: &form.save_id }).await?;
    let source = find(&mut *transaction, &form.from).await?.ok_or(StoreError::NotFound)?;
    let shown = FilledFrom { version: form.from_version, save_id: &form.from_save_id };
    if !shown.is_stored(&source) {
        return Err(CopyError::Stale);
    }
    let source = if form.rewrites() { rewritten(&source, &target) } else { source };
    let plan = Plan::new(&target, &source, Some(form));
    if plan.changes_nothing() {
        return Err(CopyError::Nothing);
    }
    let fallbacks = plan.fallbacks();
    fallbacks::store::put(&mut transaction, target.id, &fallbacks).await?;
    let version = sqlx::query_scalar!(
        "update instances set allowed_origins = $2, version = version + 1, updated_at = now() where id = $1 returning version",
        target.id,
        plan.allowed_origins()
    )
    .fetch_one(&mut *transaction)
    .await?;
    let entry = Entry::of(target.id).at(version).about(form.from.clone()).impact(figure);
    let entry = entry.field("allowed_origins", target.settings.allowed_origins.clone(), plan.allowed_origins().to_vec());
    let entry = fallbacks::store::changed(entry, &target.fallbacks, &fallbacks);
    record(&mut transaction, actor, Kind::Copied, entry).await?;
    transaction.commit().await?;
    let left_out = plan.left_out().into_iter().map(str::to_owned).collect();
    Ok(Saved { slug: slug.to_owned(), version, left_out, ..Saved::default() })
}
