//! The post that removes a preview origin.

use app::preview_origins::save::{RemoveForm, remove as remove_origin};
use axum::{
    extract::{Path, State},
    response::Redirect,
};

use super::{Dashboard, failure::Failure, posted_form::PostedForm};

/// `POST /instances/{slug}/settings/preview-origins/remove`
pub(super) async fn remove(
    State(dashboard): State<Dashboard>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<RemoveForm>,
) -> Result<Redirect, Failure> {
    Ok(Redirect::to(&dashboard.call(&parts, || remove_origin(slug, form)).await?))
}
