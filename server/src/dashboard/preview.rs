//! The post of the Preview tab. It stores nothing.

use app::{
    admins::Caller,
    database::timed,
    error::AppError,
    heavy_work::{LISTS, NotDone},
    instances::store,
    preview::{form::PreviewForm, view::PostedPreview},
};
use axum::{
    Extension,
    body::Bytes,
    extract::{Path, Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use super::{
    Dashboard,
    failure::Failure,
    posted_form::{posted_fields, read},
};

/// `POST /instances/{slug}/preview`: stores nothing. Leads to the page whose address says what was typed, where it fits in one.
pub(super) async fn preview(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    // A link may be pasted with a megabyte too much.
    let turn = dashboard.turn(&caller).await?;
    let (parts, body) = read(request).await?;
    let answer = LISTS.run_async(async move { answer(&dashboard, &slug, parts, &body).await }).await;
    Ok(turn.until_written(answer.map_err(|NotDone| AppError::Unavailable)?))
}

async fn answer(dashboard: &Dashboard, slug: &str, parts: Parts, body: &Bytes) -> Response {
    let mut form = PreviewForm::read(&String::from_utf8_lossy(body));
    let mut status = StatusCode::OK;
    // What can't be found or asked, the page says itself.
    if let Ok(Some(stored)) = store::find(timed(&dashboard.pool), slug).await {
        form.keep_changes(&stored.fallbacks);
        match form.clone().take_link(&stored.instance, None) {
            Ok(_) => form = form.before_link(),
            Err(_) => status = StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
    if status == StatusCode::OK
        && let Some(address) = form.address(slug)
    {
        return Redirect::to(&address).into_response();
    }
    let fields = posted_fields(body);
    let provide = move || {
        provide_context(PostedPreview(form.clone()));
        provide_context(fields.clone());
    };
    dashboard.render(parts, status, provide).await
}
