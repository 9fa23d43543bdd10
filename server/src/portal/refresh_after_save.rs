//! Who saves here is served it here at once, by whatever way it was saved: no handler has to think of it.

use axum::{
    extract::{RawPathParams, Request, State, rejection::RawPathParamsRejection},
    http::Method,
    middleware::Next,
    response::Response,
};

use super::snapshot::Snapshots;

/// Around the dashboard: after a form for an instance was taken, what is served of it is loaded anew before the answer goes out.
pub(crate) async fn refresh(
    State(snapshots): State<Snapshots>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
    next: Next,
) -> Response {
    let posted = request.method() == Method::POST && request.uri().path().starts_with("/instances/");
    let slug = params.iter().flatten().find(|(name, _)| *name == "slug").map(|(_, slug)| slug.to_owned());
    let response = next.run(request).await;
    let done = response.status().is_success() || response.status().is_redirection();
    if let Some(slug) = slug.filter(|_| posted && done) {
        snapshots.refresh(&slug).await;
    }
    response
}
