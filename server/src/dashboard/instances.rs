//! Posts that create an instance and change its settings.

use app::{
    instances::{
        api::{create_instance, save_settings},
        form::InstanceForm,
    },
    paths,
};
use axum::{
    extract::{Path, State},
    response::Response,
};

use super::{Dashboard, failure::Failure, posted_form::PostedForm, saving::saved_page};

/// `POST /instances/new`
pub(super) async fn create(
    State(dashboard): State<Dashboard>,
    PostedForm { parts, form }: PostedForm<InstanceForm>,
) -> Result<Response, Failure> {
    let form = form.with_origins_apart();
    let outcome = dashboard.call(&parts, || create_instance(form.clone())).await;
    dashboard.answer_save(parts, form, outcome, |saved| paths::instance(&saved.slug).redirects()).await
}

/// `POST /instances/{slug}/settings`
pub(super) async fn save(
    State(dashboard): State<Dashboard>,
    Path(slug): Path<String>,
    PostedForm { parts, form }: PostedForm<InstanceForm>,
) -> Result<Response, Failure> {
    let form = form.with_origins_apart();
    let outcome = dashboard.call(&parts, || save_settings(slug.clone(), form.clone())).await;
    dashboard.answer_save(parts, form, outcome, |saved| saved_page(&paths::instance(&slug).settings(), saved)).await
}
