//! The post of the Redirects tab.

use app::{
    fallbacks::{api::save_fallbacks, form::FallbackForm},
    paths,
};
use axum::{
    extract::{Path, State},
    response::Response,
};

use super::{Dashboard, failure::Failure, posted_form::PostedForm, saving::saved_page};

/// `POST /instances/{slug}/redirects`
pub(super) async fn save(
    State(dashboard): State<Dashboard>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<FallbackForm>,
) -> Result<Response, Failure> {
    let outcome = dashboard.call(&parts, || save_fallbacks(slug.clone(), form.clone())).await;
    dashboard.answer_save(parts, form, outcome, |saved| saved_page(&paths::instance(&slug).redirects(), saved)).await
}
