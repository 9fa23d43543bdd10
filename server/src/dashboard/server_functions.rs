//! The layer around server functions, which Leptos 0.8 routes itself under `/api/`.

use app::layout::error_page::status_of;
use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

/// The largest error that a server function sends, in bytes.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// Gives the errors of server functions their status: Leptos 0.8 answers 500 for each. Only scripts call them here, so a form that
/// is posted to one without JavaScript is not sent back to whatever `Referer` says.
pub(super) async fn with_status(mut request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    for header in [header::ACCEPT, header::REFERER] {
        request.headers_mut().remove(header);
    }
    let response = next.run(request).await;
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, MAX_ERROR_BYTES).await.unwrap_or_default();
    parts.status = serde_json::from_slice(&body).map_or(StatusCode::SERVICE_UNAVAILABLE, status_of);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}
