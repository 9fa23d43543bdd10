//! The post of the Preview tab. It stores nothing.

use app::{
    instances::store,
    preview::{form::PreviewForm, view::PostedPreview},
};
use axum::{
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use super::{
    Dashboard,
    failure::Failure,
    posted_form::{posted_fields, read},
};

/// `POST /instances/{slug}/preview`: stores nothing. Leads to the page whose address says what was typed, where it fits in one.
pub(super) async fn preview(State(dashboard): State<Dashboard>, Path(slug): Path<String>, request: Request) -> Result<Response, Failure> {
    let (parts, body) = read(request).await?;
    let mut form = PreviewForm::read(&String::from_utf8_lossy(&body));
    let mut status = StatusCode::OK;
    // What can't be found or asked, the page says itself.
    if let Ok(Some(stored)) = store::find(&dashboard.pool, &slug).await {
        form.keep_changes(&stored.fallbacks);
        match form.clone().take_link(&stored.instance) {
            Ok(_) => form = form.before_link(),
            Err(_) => status = StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
    if status == StatusCode::OK
        && let Some(address) = form.address(&slug)
    {
        return Ok(Redirect::to(&address).into_response());
    }
    let fields = posted_fields(&body);
    let provide = move || {
        provide_context(PostedPreview(form.clone()));
        provide_context(fields.clone());
    };
    Ok(dashboard.render(parts, status, provide).await)
}
