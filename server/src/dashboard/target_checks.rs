//! The post that has an instance's targets checked.

use app::target_checks::{api::check_targets, form::CheckTargetsForm};
use axum::{
    extract::{Path, State},
    response::Redirect,
};

use super::{Dashboard, failure::Failure, posted_form::PostedForm};

/// `POST /instances/{slug}/targets`
pub(super) async fn check(
    State(dashboard): State<Dashboard>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<CheckTargetsForm>,
) -> Result<Redirect, Failure> {
    dashboard.call(&parts, || check_targets(slug.clone())).await?;
    Ok(Redirect::to(&form.page(&slug)))
}
