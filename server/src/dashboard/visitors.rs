//! Posts of the Visitors page, and the waitlist as a file.

use app::{
    admins::{Caller, Role, guard},
    error::AppError,
    instances::store as instances,
    paths,
    visitors::{
        export,
        form::{DeleteForm, FindForm, WaitlistDeleteForm},
        search, store,
    },
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::stream;
use leptos::prelude::provide_context;
use sqlx::PgPool;

use super::{Dashboard, failure::Failure, posted_form::PostedForm};

/// `POST /instances/{slug}/visitors`: finds a visitor. What was typed is personal, so it is not in the page's address.
pub(super) async fn find(
    State(dashboard): State<Dashboard>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<FindForm>,
) -> Result<Response, Failure> {
    let stored = instances::find(&dashboard.pool, &slug).await?.ok_or(AppError::NotFound)?;
    let found = search(&dashboard.pool, stored.id, &form.find).await?;
    let status = if found.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(dashboard.render(parts, status, move || provide_context(found.clone())).await)
}

/// `POST /instances/{slug}/visitors/delete`
pub(super) async fn delete(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    PostedForm { form, .. }: PostedForm<DeleteForm>,
) -> Result<Response, Failure> {
    store::delete_visitor(&dashboard.pool, &caller.actor, &slug, form.visitor).await?;
    Ok(Redirect::to(&format!("{}?deleted", paths::instance(&slug).visitors())).into_response())
}

/// `POST /instances/{slug}/visitors/waitlist`: takes an email address off the waitlist.
pub(super) async fn delete_waitlist_entry(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    PostedForm { form, .. }: PostedForm<WaitlistDeleteForm>,
) -> Result<Response, Failure> {
    store::delete_waitlist_entry(&dashboard.pool, &caller.actor, &slug, &form.email_address).await?;
    Ok(Redirect::to(&format!("{}?removed", paths::instance(&slug).visitors())).into_response())
}

/// `GET /instances/{slug}/visitors/waitlist.csv`: the waitlist, sent as it is read.
pub(super) async fn waitlist(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
) -> Result<Response, Failure> {
    guard::admit(&dashboard.pool, &caller, &slug, Role::Editor).await?;
    let stored = instances::find(&dashboard.pool, &slug).await?.ok_or(AppError::NotFound)?;
    let turn = dashboard.turn(&caller).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"waitlist-{slug}.csv\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok(turn.until_written((headers, csv(dashboard.pool, stored.id)).into_response()))
}

fn csv(pool: PgPool, instance: i64) -> Body {
    let begin = stream::iter([Ok::<_, sqlx::Error>(Bytes::from(export::begin()))]);
    let rows = stream::try_unfold(String::new(), move |after| {
        let pool = pool.clone();
        async move {
            let entries = store::waitlist(&pool, instance, &after, export::AT_A_TIME).await?;
            let Some((last, _)) = entries.last().cloned() else { return Ok(None) };
            Ok(Some((Bytes::from(export::write(entries)), last)))
        }
    });
    Body::from_stream(futures_util::StreamExt::chain(begin, rows))
}
