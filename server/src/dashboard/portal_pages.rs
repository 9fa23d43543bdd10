//! The post that switches an instance's hosted pages off or on.

use app::{
    instances::{api::set_portal_pages, portal_pages::PortalPagesForm},
    paths,
};
use axum::{
    extract::{Path, State},
    response::Redirect,
};

use super::{Dashboard, failure::Failure, posted_form::PostedForm};

/// `POST /instances/{slug}/portal`
pub(super) async fn switch(
    State(dashboard): State<Dashboard>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<PortalPagesForm>,
) -> Result<Redirect, Failure> {
    dashboard.call(&parts, || set_portal_pages(slug.clone(), form.pages)).await?;
    Ok(Redirect::to(&format!("{}?portal-{}", paths::instance(&slug).settings(), form.pages.name())))
}
