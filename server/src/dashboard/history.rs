//! The history as files, and the post that puts the fallback redirects of an earlier version back.

use app::{
    admins::{Caller, guard},
    database::timed,
    error::AppError,
    heavy_work::{LISTS, NotDone},
    history::{
        export::ExportFormat,
        filter::{Criteria, HistoryFilter},
        restore::{RestoreForm, api::restore_version, version_of},
        store::{self as changes, Change, MAX_PAGE_SIZE, Scope},
    },
    instances::store,
    members::role::Role,
    paths,
    saving::outcome::Saved,
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::{TryStreamExt, stream};
use sqlx::PgPool;
use tracing::warn;

use super::{Dashboard, failure::Failure, posted_form::PostedForm};

/// `POST /instances/{slug}/history/{version}`: the fallback redirects of that version, as a new one.
pub(super) async fn restore(
    State(dashboard): State<Dashboard>,
    Path((slug, version)): Path<(String, String)>,
    PostedForm { parts, form }: PostedForm<RestoreForm>,
) -> Result<Response, Failure> {
    let at = version_of(&version).ok_or(AppError::NotFound)?;
    let outcome = dashboard.call(&parts, || restore_version(slug.clone(), at, form.clone())).await;
    let version = form.version;
    let page = |saved: &Saved| {
        let page = paths::instance(&slug);
        // The page says that there is nothing to change.
        if saved.version == version { page.version(at) } else { format!("{}?restored", page.history()) }
    };
    dashboard.answer_save(parts, form, outcome, page).await
}

/// `GET /instances/{slug}/history/export.csv` and `.json`: what the tab shows with the same filter, on one page.
pub(super) async fn export(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    parts: Parts,
) -> Result<Response, Failure> {
    let role = guard::admit(&dashboard.pool, &caller, &slug, Role::Viewer).await?;
    let stored = store::find_any(timed(&dashboard.pool), &slug).await?.ok_or(AppError::NotFound)?;
    let turn = dashboard.turn(&caller).await?;
    let scope = Scope::Instance { id: stored.id, role };
    file(&dashboard.pool, &parts, scope, &slug).await.map(|file| turn.until_written(file))
}

/// `GET /history/export.csv` and `.json`: what became of the server's accounts.
pub(super) async fn export_server(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    parts: Parts,
) -> Result<Response, Failure> {
    if !caller.is_server_admin {
        return Err(AppError::Forbidden.into());
    }
    let turn = dashboard.turn(&caller).await?;
    file(&dashboard.pool, &parts, Scope::Server, "server").await.map(|file| turn.until_written(file))
}

async fn file(pool: &PgPool, parts: &Parts, scope: Scope, name: &str) -> Result<Response, Failure> {
    let filter = HistoryFilter::read(parts.uri.query().unwrap_or_default());
    let named = parts.uri.path().rsplit_once('/').and_then(|(page, file)| Some((page, ExportFormat::of_file(file)?)));
    let (page, format) = named.ok_or(AppError::NotFound)?;
    let Ok(criteria) = filter.check() else {
        // The page says what is wrong with the filter.
        return Ok(Redirect::to(&format!("{page}?{}", filter.write())).into_response());
    };
    Ok(written(pool, scope, criteria, format, name).await?)
}

/// A part of the file.
async fn write(format: ExportFormat, changes: Vec<Change>, is_first: bool) -> sqlx::Result<Vec<u8>> {
    LISTS.run(move || format.write(&changes, is_first)).await.map_err(|NotDone| sqlx::Error::PoolClosed)
}

/// The file, sent as it is read. Nothing is sent before the first part is known. Later, an error ends the connection before the file ends,
/// so that nobody takes a part for the whole.
async fn written(pool: &PgPool, scope: Scope, criteria: Criteria, format: ExportFormat, name: &str) -> sqlx::Result<Response> {
    let criteria = changes::with_keys(pool, scope, criteria).await?;
    let first = changes::read_page(pool, scope, &criteria, MAX_PAGE_SIZE).await?;
    let part = [format.begin(), write(format, first.changes, true).await?].concat();
    let pool = pool.clone();
    let rest = stream::try_unfold(Some((part, first.older)), move |state| {
        let (pool, criteria) = (pool.clone(), criteria.clone());
        async move {
            let Some((mut part, older)) = state else { return Ok::<_, sqlx::Error>(None) };
            let next = if older.is_some() {
                let page = changes::read_page(&pool, scope, &Criteria { before: older, ..criteria }, MAX_PAGE_SIZE).await?;
                Some((write(format, page.changes, false).await?, page.older))
            } else {
                part.extend(format.end());
                None
            };
            Ok(Some((Bytes::from(part), next)))
        }
    });
    let headers = [
        (header::CONTENT_TYPE, format.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}-history.{}\"", format.name())),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(rest.inspect_err(|error| warn!(%error, "an export of the history broke off")))).into_response())
}
