//! The history as files, and the post that puts the fallback redirects of an earlier version back.

use app::paths;
use app::{
    admins::{Caller, Role, guard},
    error::AppError,
    fallbacks::{self, form::FallbackForm, proposal::Proposal},
    history::{
        Kind,
        export::{Format, MOST_EXPORTED},
        filter::{HistoryFilter, Wanted},
        restore::{RestoreForm, Stale, version_of},
        store::{self as changes, Scope},
    },
    instances::store::{self, StoreError},
    saving::saved_instances::SavedInstances,
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{HeaderName, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::stream;
use leptos::prelude::provide_context;
use sqlx::PgPool;

use crate::{
    dashboard::rendering::Pages,
    http::form::{Received, read_form},
};

/// How many changes of a file are read at a time.
const AT_A_TIME: i64 = 1_000;

/// Says that a file does not hold every change that was asked for.
const CUT: HeaderName = HeaderName::from_static("x-history-cut");

/// `POST /instances/{slug}/history/{version}`: the fallback redirects of that version, as a new one.
pub(crate) async fn restore(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path((slug, version)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Received { parts, form, .. } = match read_form::<RestoreForm>(&pages, request).await {
        Ok(received) => received,
        Err(response) => return response,
    };
    match try_restore(&pages.pool, &caller, &slug, &version, form).await {
        Ok(saved) if saved == form.version => Redirect::to(&paths::instance(&slug).version(version)).into_response(),
        Ok(_) => {
            SavedInstances::of(&parts).mark(&slug);
            Redirect::to(&format!("{}?restored", paths::instance(&slug).history())).into_response()
        }
        Err(StoreError::Conflict(_)) => pages.render(parts, StatusCode::CONFLICT, || provide_context(Stale)).await,
        Err(error) => failed(&pages, parts, &error).await,
    }
}

/// Restores, and answers the version that the instance has then: the same one where nothing changed.
async fn try_restore(pool: &PgPool, caller: &Caller, slug: &str, version: &str, form: RestoreForm) -> Result<i64, StoreError> {
    let stored = store::find(pool, slug).await?.ok_or(StoreError::NotFound)?;
    let at = version_of(version).ok_or(StoreError::NotFound)?;
    let target = changes::fallbacks_at(pool, &stored, at).await?.ok_or(StoreError::NotFound)?;
    if stored.instance.version() != form.version {
        return Err(StoreError::Conflict(Box::new(stored)));
    }
    let form = FallbackForm::of(&Proposal::new(&stored, &target).result(), form.version);
    fallbacks::store::save_as(pool, &caller.actor, slug, &form, Kind::Restored, Some(at.to_string())).await
}

/// `GET /instances/{slug}/history/export.csv` and `.json`: what the tab shows with the same filter, on one page.
pub(crate) async fn export(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let scope = async {
        let role = guard::admit(&pages.pool, &caller, &slug, Role::Viewer).await?;
        let stored = store::find(&pages.pool, &slug).await.map_err(|error| error.to_app_error())?.ok_or(AppError::NotFound)?;
        Ok(Scope::Instance { id: stored.id, role })
    };
    match scope.await {
        Ok(scope) => file(&pages, parts, scope, &slug).await,
        Err(error) => pages.render_error(parts, error, || ()).await,
    }
}

/// `GET /history/export.csv` and `.json`: what became of the server's accounts.
pub(crate) async fn export_server(State(pages): State<Pages>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if caller.is_server_admin {
        file(&pages, parts, Scope::Server, "server").await
    } else {
        pages.render_error(parts, AppError::Forbidden, || ()).await
    }
}

async fn file(pages: &Pages, parts: Parts, scope: Scope, name: &str) -> Response {
    let filter = HistoryFilter::read(parts.uri.query().unwrap_or_default());
    let Some((page, format)) = parts.uri.path().rsplit_once('/').and_then(|(page, file)| Some((page, Format::of_file(file)?))) else {
        return pages.render_error(parts, AppError::NotFound, || ()).await;
    };
    let Ok(wanted) = filter.check() else {
        // The page says what is wrong with the filter.
        return Redirect::to(&format!("{page}?{}", filter.write())).into_response();
    };
    match written(&pages.pool, scope, wanted, format, name).await {
        Ok(response) => response,
        Err(error) => failed(pages, parts, &error.into()).await,
    }
}

/// The file, sent as it is read. The first part and whether the file is cut are known before anything is sent.
async fn written(pool: &PgPool, scope: Scope, wanted: Wanted, format: Format, name: &str) -> sqlx::Result<Response> {
    let cut = changes::is_longer_than(pool, scope, &wanted, MOST_EXPORTED).await?;
    let first = changes::page(pool, scope, &wanted, AT_A_TIME).await?;
    let part = [format.begin(), format.write(&first.changes, true)].concat();
    let pool = pool.clone();
    let rest = stream::try_unfold(Some((part, first.older, AT_A_TIME)), move |state| {
        let (pool, wanted) = (pool.clone(), wanted.clone());
        async move {
            let Some((mut part, older, sent)) = state else { return Ok::<_, sqlx::Error>(None) };
            let next = if let Some(before) = older.filter(|_| sent < MOST_EXPORTED) {
                let page = changes::page(&pool, scope, &Wanted { before: Some(before), ..wanted }, AT_A_TIME).await?;
                Some((format.write(&page.changes, false), page.older, sent + AT_A_TIME))
            } else {
                part.extend(format.end());
                None
            };
            Ok(Some((Bytes::from(part), next)))
        }
    });
    let (newest, note) = if cut {
        (format!("-newest-{MOST_EXPORTED}"), Some(format!("only the newest {MOST_EXPORTED} changes")))
    } else {
        Default::default()
    };
    let headers = [
        (header::CONTENT_TYPE, format.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}-history{newest}.{}\"", format.name())),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, note.map(|note| [(CUT, note)]), Body::from_stream(rest)).into_response())
}

async fn failed(pages: &Pages, parts: Parts, error: &StoreError) -> Response {
    let shown = error.to_app_error();
    if !matches!(error, StoreError::NotFound) {
        tracing::warn!(%error, "a history could not be answered");
    }
    pages.render_error(parts, shown, || ()).await
}
