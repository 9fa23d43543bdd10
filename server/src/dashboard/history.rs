//! The history as files, and the post that puts the fallback redirects of an earlier version back.

use app::{
    admins::{Caller, guard},
    database::timed,
    error::AppError,
    heavy_work::{LISTS, NotDone},
    history::{
        export::{ExportFormat, MAX_EXPORTED},
        filter::{Criteria, HistoryFilter},
        restore::{RestoreForm, api::restore_version, version_of},
        store::{self as changes, Change, Scope},
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
    http::{HeaderName, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::stream;
use sqlx::PgPool;

use super::{Dashboard, failure::Failure, posted_form::PostedForm};

/// How many changes of a file are read at a time.
const AT_A_TIME: i64 = 1_000;

/// Says that a file does not hold every change that was asked for.
const CUT: HeaderName = HeaderName::from_static("x-history-cut");

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

/// The file, sent as it is read. The first part and whether the file is cut are known before anything is sent.
async fn written(pool: &PgPool, scope: Scope, criteria: Criteria, format: ExportFormat, name: &str) -> sqlx::Result<Response> {
    let cut = changes::is_longer_than(pool, scope, &criteria, MAX_EXPORTED).await?;
    let first = changes::read_page(pool, scope, &criteria, AT_A_TIME).await?;
    let part = [format.begin(), write(format, first.changes, true).await?].concat();
    let pool = pool.clone();
    let rest = stream::try_unfold(Some((part, first.older, AT_A_TIME)), move |state| {
        let (pool, criteria) = (pool.clone(), criteria.clone());
        async move {
            let Some((mut part, older, sent)) = state else { return Ok::<_, sqlx::Error>(None) };
            let next = if let Some(before) = older.filter(|_| sent < MAX_EXPORTED) {
                let page = changes::read_page(&pool, scope, &Criteria { before: Some(before), ..criteria }, AT_A_TIME).await?;
                Some((write(format, page.changes, false).await?, page.older, sent + AT_A_TIME))
            } else {
                part.extend(format.end());
                None
            };
            Ok(Some((Bytes::from(part), next)))
        }
    });
    let (newest, note) =
        if cut { (format!("-newest-{MAX_EXPORTED}"), Some(format!("only the newest {MAX_EXPORTED} changes"))) } else { Default::default() };
    let headers = [
        (header::CONTENT_TYPE, format.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}-history{newest}.{}\"", format.name())),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, note.map(|note| [(CUT, note)]), Body::from_stream(rest)).into_response())
}
