//! Posts of the Activity tab, and its refused redirects as a file.

use app::{
    admins::{Caller, Role, guard},
    database::timed,
    error::AppError,
    heavy_work::{LISTS, NotDone},
    insight::activity::{
        commands::{AllowForm, CountingForm, DismissForm},
        export,
        form::ActivityForm,
        save,
        store::{MAX_EXPORTED, RefusedQuery, read_refused},
        view::refused_query,
    },
    instances::store,
};
use axum::{
    Extension,
    extract::{Path, State},
    http::{header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use time::OffsetDateTime;

use super::{Dashboard, failure::Failure, posted_form::PostedForm};

/// `POST /instances/{slug}/activity/allow`: allows the origin of a refused redirect, or takes that back.
pub(super) async fn allow(
    State(dashboard): State<Dashboard>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<AllowForm>,
) -> Result<Redirect, Failure> {
    Ok(Redirect::to(&dashboard.call(&parts, || save::allow(slug, form)).await?))
}

/// `POST /instances/{slug}/activity/dismiss`: hides a refused redirect, or shows it again.
pub(super) async fn dismiss(
    State(dashboard): State<Dashboard>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<DismissForm>,
) -> Result<Redirect, Failure> {
    Ok(Redirect::to(&dashboard.call(&parts, || save::dismiss(slug, form)).await?))
}

/// `POST /instances/{slug}/activity/counting`: counts the instance's visits from now on, or does not.
pub(super) async fn set_counting(
    State(dashboard): State<Dashboard>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<CountingForm>,
) -> Result<Redirect, Failure> {
    Ok(Redirect::to(&dashboard.call(&parts, || save::set_counting(slug, form)).await?))
}

/// `GET /instances/{slug}/activity/refused.csv`: what the tab lists with the same filter, on all pages.
pub(super) async fn refused(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    parts: Parts,
) -> Result<Response, Failure> {
    guard::admit(&dashboard.pool, &caller, &slug, Role::Viewer).await?;
    let stored = store::find_any(timed(&dashboard.pool), &slug).await?.ok_or(AppError::NotFound)?;
    let turn = dashboard.turn(&caller).await?;
    let form = ActivityForm::read(parts.uri.query().unwrap_or_default());
    let query = refused_query(&stored, &form, form.range.since(OffsetDateTime::now_utc()));
    let rows = read_refused(&dashboard.pool, &RefusedQuery { offset: 0, limit: MAX_EXPORTED, ..query }).await?.rows;
    let file = LISTS.run(move || export::write(&rows)).await.map_err(|NotDone| AppError::Unavailable)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{slug}-refused-{}.csv\"", form.range.name())),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok(turn.until_written((headers, file).into_response()))
}
