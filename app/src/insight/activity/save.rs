//! What the forms of the Activity tab do, each for one of the instance's editors.

use super::{
    allow::propose,
    commands::{AllowForm, Counting, CountingForm, DismissForm, Dismissal, OriginChangeKind},
    form::{Action, ActivityForm},
    refused::RefusedItem,
    store::{self, AllowError},
};
use crate::{
    database::{StoreError, timed},
    error::AppError,
    insight::impact::{
        Figure,
        measure::{LATELY, measure},
    },
    instances::store::find,
    redirects::AllowedOrigin,
    saving::save::Saver,
};

/// Allows an origin or takes it back. Returns the page that says so.
///
/// # Errors
/// The caller may not, the origin can't be allowed, the instance is archived, or the database does not answer.
pub async fn allow(slug: String, form: AllowForm) -> Result<String, AppError> {
    let saver = Saver::editor(slug).await?;
    let figure = measure_origin(&saver, &form).await;
    let changed = store::change_origin(&saver.pool, &saver.actor, &saver.slug, &form.origin, form.change, figure).await;
    let is_changed = changed.map_err(|error| match error {
        AllowError::NotAllowable => AppError::BadRequest,
        AllowError::Store(error) => error.into_app_error(),
    })?;
    if is_changed {
        saver.mark_saved();
    }
    let what = if form.change == OriginChangeKind::Allow { Action::Allowed } else { Action::TakenBack };
    Ok(ActivityForm::read(&form.view).after(what, &form.origin).address(&saver.slug))
}

/// How many visits of the last week end elsewhere by this. `None` if that can't be told.
async fn measure_origin(saver: &Saver, form: &AllowForm) -> Option<Figure> {
    let stored = find(timed(&saver.pool), &saver.slug).await.ok().flatten()?;
    let origin = AllowedOrigin::parse(&form.origin, stored.instance.environment()).ok()?;
    let proposed = propose(&stored, &origin, form.change);
    measure(&saver.pool, &stored, &proposed, LATELY).await.figure()
}

/// Dismisses a refused redirect or shows it again. Returns the page that says so.
///
/// # Errors
/// The caller may not, there is no such refused redirect, the instance is archived, or the database does not answer.
pub async fn dismiss(slug: String, form: DismissForm) -> Result<String, AppError> {
    let saver = Saver::editor(slug).await?;
    RefusedItem::parse(&form.refused).ok_or(AppError::BadRequest)?;
    store::dismiss(&saver.pool, &saver.actor, &saver.slug, &form.refused, form.change).await.map_err(StoreError::into_app_error)?;
    let what = if form.change == Dismissal::Dismiss { Action::Dismissed } else { Action::Shown };
    Ok(ActivityForm::read(&form.view).after(what, &form.refused).address(&saver.slug))
}

/// Switches the counting of visits. Returns the page that says so.
///
/// # Errors
/// The caller may not, the instance is archived, or the database does not answer.
pub async fn set_counting(slug: String, form: CountingForm) -> Result<String, AppError> {
    let saver = Saver::editor(slug).await?;
    store::set_counting(&saver.pool, &saver.actor, &saver.slug, form.visits).await.map_err(StoreError::into_app_error)?;
    saver.mark_saved();
    let what = if form.visits == Counting::On { Action::Counted } else { Action::NotCounted };
    Ok(ActivityForm::read(&form.view).after(what, "").address(&saver.slug))
}
