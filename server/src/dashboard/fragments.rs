//! Parts of pages that the browser fetches by themselves, to keep what is shown current.

use app::{
    admins::Caller,
    database::timed,
    error::AppError,
    instances::store,
    layout::switcher::{RecentSlugs, SwitcherList},
    runtimes::{live::wait_until_live, view::live_line},
};
use axum::{
    Extension,
    extract::{Path, State},
    http::{header, request::Parts},
    response::{Html, IntoResponse, Response},
};
use leptos::{prelude::RenderHtml, reactive::owner::Owner};

use super::{Dashboard, failure::Failure};

/// `GET /instances/{slug}/live`: the line about the runtimes in an instance's head.
pub(super) async fn live(State(dashboard): State<Dashboard>, Path(slug): Path<String>) -> Result<Response, Failure> {
    let stored = store::find(timed(&dashboard.pool), &slug).await?.ok_or(AppError::NotFound)?;
    let found = wait_until_live(&dashboard.pool, stored.id).await?.ok_or(AppError::NotFound)?;
    Ok(fragment(Owner::new().with(|| live_line(&found, &slug).to_html())))
}

/// `GET /switcher?q=…`: what the switcher lists for a search.
pub(super) async fn switcher(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    parts: Parts,
) -> Result<Response, Failure> {
    let recent = parts.extensions.get::<RecentSlugs>().cloned().unwrap_or_default();
    let list = SwitcherList::find(&dashboard.pool, caller.id, parts.uri.query().unwrap_or_default(), &recent).await?;
    Ok(fragment(Owner::new().with(|| list.view().to_html())))
}

fn fragment(html: String) -> Response {
    ([(header::CACHE_CONTROL, "no-store"), (header::CONTENT_SECURITY_POLICY, "default-src 'none'")], Html(html)).into_response()
}
