//! Parts of pages that the browser fetches by themselves, to keep what is shown current.

use app::{
    database::timed,
    error::AppError,
    instances::store,
    runtimes::{live::wait_until_live, view::live_line},
};
use axum::{
    extract::{Path, State},
    http::header,
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

fn fragment(html: String) -> Response {
    ([(header::CACHE_CONTROL, "no-store"), (header::CONTENT_SECURITY_POLICY, "default-src 'none'")], Html(html)).into_response()
}
