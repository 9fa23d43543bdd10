//! The post that switches an instance's hosted pages off or on.

use app::paths;
use app::{
    admins::Caller,
    error::AppError,
    instances::{
        portal_pages::{self, PortalForm},
        store::StoreError,
    },
    saving::saved_instances::SavedInstances,
};
use axum::{
    Extension,
    extract::{Path, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use crate::{
    dashboard::rendering::Pages,
    http::form::{Received, read_form},
};

/// `POST /instances/{slug}/portal`
pub(crate) async fn switch_pages(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let Received { parts, form, posted } = match read_form::<PortalForm>(&pages, request).await {
        Ok(received) => received,
        Err(response) => return response,
    };
    match portal_pages::switch(&pages.pool, &caller.actor, &slug, form.pages).await {
        Ok(()) => {
            SavedInstances::of(&parts).mark(&slug);
            Redirect::to(&format!("{}?portal-{}", paths::instance(&slug).settings(), form.pages.name())).into_response()
        }
        Err(error) => pages.render_error(parts, logged(&error), move || provide_context(posted.clone())).await,
    }
}

fn logged(error: &StoreError) -> AppError {
    if matches!(error, StoreError::Database(_)) {
        tracing::warn!(%error, "the portal pages could not be switched");
    }
    error.to_app_error()
}
