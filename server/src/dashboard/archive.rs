//! Posts that archive an instance and restore it.

use app::{
    admins::Caller,
    database::StoreError,
    instances::archive::{self, ArchiveForm},
    layout::rejected::{Problem, Rejected},
    paths,
    saving::saved_instances::SavedInstances,
};
use axum::{
    Extension,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use super::{Dashboard, failure::Failure, posted_form::PostedForm};

/// `POST /instances/{slug}/archive`
pub(super) async fn archive(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<ArchiveForm>,
) -> Result<Response, Failure> {
    match archive::archive(&dashboard.pool, &caller.actor, &slug, &form).await {
        Ok(()) => {
            SavedInstances::of(&parts).mark(&slug);
            Ok(Redirect::to(&format!("{}?archived={slug}", paths::INSTANCES)).into_response())
        }
        Err(StoreError::Fields(errors)) => {
            let rejected = Rejected { form, problem: Problem::Fields(errors) };
            Ok(dashboard.render(parts, StatusCode::UNPROCESSABLE_ENTITY, move || provide_context(rejected.clone())).await)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /instances/{slug}/unarchive`
pub(super) async fn unarchive(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Extension(saved): Extension<SavedInstances>,
    Path(slug): Path<String>,
) -> Result<Redirect, Failure> {
    archive::unarchive(&dashboard.pool, &caller.actor, &slug).await?;
    saved.mark(&slug);
    Ok(Redirect::to(&format!("{}?restored", paths::instance(&slug).overview())))
}
