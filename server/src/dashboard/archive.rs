//! Posts that archive an instance and bring it back.

use app::paths;
use app::{
    admins::Caller,
    error::AppError,
    instances::{
        archive::{self, ArchiveForm},
        store::StoreError,
    },
    saving::saved_instances::SavedInstances,
    ui::form::{Problem, Rejected},
};
use axum::{
    Extension,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use crate::{
    dashboard::rendering::Pages,
    http::form::{Received, read_form},
};

/// `POST /instances/{slug}/archive`
pub(crate) async fn archive(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let Received { parts, form, posted } = match read_form::<ArchiveForm>(&pages, request).await {
        Ok(received) => received,
        Err(response) => return response,
    };
    match archive::archive(&pages.pool, &caller.actor, &slug, &form).await {
        Ok(()) => {
            SavedInstances::of(&parts).mark(&slug);
            Redirect::to(&format!("{}?archived", paths::INSTANCES)).into_response()
        }
        Err(StoreError::Fields(errors)) => {
            let rejected = Rejected { form, problem: Problem::Fields(errors) };
            pages.render(parts, StatusCode::UNPROCESSABLE_ENTITY, move || provide_context(rejected.clone())).await
        }
        Err(error) => pages.render_error(parts, logged(&error), move || provide_context(posted.clone())).await,
    }
}

/// `POST /instances/{slug}/unarchive`
pub(crate) async fn unarchive(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    match archive::unarchive(&pages.pool, &caller.actor, &slug).await {
        Ok(()) => {
            SavedInstances::of(&parts).mark(&slug);
            Redirect::to(&format!("{}?restored", paths::INSTANCES)).into_response()
        }
        Err(error) => pages.render_error(parts, logged(&error), || ()).await,
    }
}

fn logged(error: &StoreError) -> AppError {
    if matches!(error, StoreError::Database(_)) {
        tracing::warn!(%error, "an instance could not be archived or restored");
    }
    error.to_app_error()
}
