//! Layers around routes: limits on bodies, compression, no other site's posts.

use axum::{
    Router,
    extract::Request,
    http::{Method, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Response},
};
use tower_http::{compression::CompressionLayer, csrf::CsrfLayer, limit::RequestBodyLimitLayer};

use super::pieces::divided;

/// The largest body that is read, in bytes: a form comes back to be fixed even if every field is far over its limit. A bulk check
/// has a limit of its own.
pub(crate) const MAX_BODY_BYTES: usize = 256 * 1024;

/// Bounds the bodies that are sent to the routes that a router has so far.
pub(crate) fn body_limit() -> RequestBodyLimitLayer {
    RequestBodyLimitLayer::new(MAX_BODY_BYTES)
}

/// Compresses pages and refuses posts of other sites, except those that `is_open` names. Answers of the portal API need neither: they
/// change nothing and are small.
pub(crate) fn pages(router: Router, is_open: fn(&Method, &Uri) -> bool) -> Router {
    // The browser's files are compressed already. Pages hold no secret that their length could reveal: what they repeat of a query
    // stands beside its own percent-encoding.
    router.layer((CompressionLayer::new(), middleware::map_response(divided), CsrfLayer::new().with_insecure_bypass(is_open)))
}

/// Answers for a method that a path does not have.
pub(crate) async fn method_not_allowed() -> Response {
    StatusCode::METHOD_NOT_ALLOWED.into_response()
}

/// Refuses a request that writes, carries a cookie, and does not say which page it comes from: every browser's form says so.
/// [`pages`] has refused those that come from another site.
pub(crate) fn refuse_without_source(request: &Request) -> Option<Response> {
    let headers = request.headers();
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let has_source = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    (writes && headers.contains_key(header::COOKIE) && !has_source).then(|| {
        (StatusCode::FORBIDDEN, "A form that is sent with a session must carry Origin or Sec-Fetch-Site, as browsers send them.\n")
            .into_response()
    })
}
