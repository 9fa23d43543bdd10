//! The post that copies settings from another instance.

use app::{
    copy_settings::{api::copy_settings, form::CopyForm},
    paths,
    saving::outcome::Saved,
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use url::form_urlencoded;

use super::{Dashboard, failure::Failure, posted_form::PostedForm};

/// `POST /instances/{slug}/copy`
pub(super) async fn copy(
    State(dashboard): State<Dashboard>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<CopyForm>,
) -> Result<Response, Failure> {
    let outcome = dashboard.call(&parts, || copy_settings(slug.clone(), form.clone())).await;
    dashboard.answer_save(parts, form, outcome, |saved| copied_page(&slug, saved)).await
}

/// The Redirects tab, which says what was left out.
fn copied_page(slug: &str, saved: &Saved) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(saved.left_out.iter().map(|field| ("left_out", field)));
    let query = query.finish();
    let and = if query.is_empty() { "" } else { "&" };
    format!("{}?copied{and}{query}", paths::instance(slug).redirects())
}
