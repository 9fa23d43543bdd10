//! Cross-site request forgery: what goes beyond the layer that rejects requests from other sites' pages.

use axum::{
    extract::Request,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};

/// The response to a request that writes and has a cookie but does not say which page it comes from, as every browser's form does.
/// `None` for any other request.
pub(crate) fn reject_without_origin(request: &Request) -> Option<Response> {
    let headers = request.headers();
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let has_origin = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    (writes && headers.contains_key(header::COOKIE) && !has_origin).then(|| {
        (StatusCode::FORBIDDEN, "A form that is sent with a session needs the header Origin or Sec-Fetch-Site, as browsers send it.\n")
            .into_response()
    })
}
