//! The post that copies settings from another instance.

use app::paths;
use app::{
    admins::{Caller, Role, guard::admit},
    copy_settings::{
        form::CopyForm,
        store::{self, CopyError},
        view::{Refused, Why},
    },
    error::AppError,
    instances::store::StoreError,
    saving::saved_instances::SavedInstances,
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

/// `POST /instances/{slug}/copy`: whoever may change the target must be a member of the source.
pub(crate) async fn copy(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let Received { parts, form, posted } = match read_form::<CopyForm>(&pages, request).await {
        Ok(received) => received,
        Err(response) => return response,
    };
    let copied = match admit(&pages.pool, &caller, &form.from, Role::Viewer).await {
        Ok(_) => store::copy(&pages.pool, &caller.actor, &slug, &form).await,
        Err(error) => return pages.render_error(parts, error, move || provide_context(posted.clone())).await,
    };
    let (status, why) = match copied {
        Ok(left_out) => {
            SavedInstances::of(&parts).mark(&slug);
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(left_out.into_iter().map(|field| ("left_out", field)));
            let query = query.finish();
            let and = if query.is_empty() { "" } else { "&" };
            return Redirect::to(&format!("{}?copied{and}{query}", paths::instance(&slug).redirects())).into_response();
        }
        Err(CopyError::Itself) => (StatusCode::UNPROCESSABLE_ENTITY, Why::Itself),
        Err(CopyError::Nothing) => (StatusCode::UNPROCESSABLE_ENTITY, Why::Nothing),
        Err(CopyError::Stale) => (StatusCode::CONFLICT, Why::Stale),
        Err(CopyError::Store(StoreError::NotFound)) => return pages.render_error(parts, AppError::NotFound, || ()).await,
        Err(CopyError::Store(error)) => {
            tracing::warn!(%error, "settings could not be copied");
            return pages.render_error(parts, error.to_app_error(), move || provide_context(posted.clone())).await;
        }
    };
    let refused = Refused { form, why };
    pages.render(parts, status, move || provide_context(refused.clone())).await
}
