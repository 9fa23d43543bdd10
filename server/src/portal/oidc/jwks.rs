//! `/.well-known/jwks.json`: the public keys. Anybody may read them.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{
    request::{ApplicationRequest, readable_by},
    session::json_response,
};
use crate::portal::problem_details::ProblemDetails;

/// `GET /.well-known/jwks.json`
pub(super) async fn show(request: ApplicationRequest) -> Response {
    let Some(keys) = request.context.keys().of(request.snapshot.id).await else { return ProblemDetails::NoSigningKey.into_response() };
    public(json_response(keys.jwks))
}

/// Lets every page read an answer, and everybody keep it for a minute: a new key is published for longer before it signs.
pub(super) fn public(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    readable_by("*", false, response)
}
