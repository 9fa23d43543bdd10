//! What logs, traces and metrics may contain about a request: its ID, its path or route, its method.

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, Method},
};

/// The header that holds a request's name.
pub(crate) const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// The longest path with its query, in bytes: twice what the portal reads, four times the longest address of a page. What is
/// longer than 65,534 bytes, the HTTP parser refuses by itself.
pub(crate) const MAX_ADDRESS_BYTES: usize = 32 * 1024;

/// The longest path that is logged as it is, in bytes.
const MAX_LOGGED_BYTES: usize = 128;

/// What the log says of a path: itself where it is like one of ours, else which of ours it is like.
pub(crate) fn logged_path(request: &Request) -> &str {
    own_path(request).or_else(|| route(request)).unwrap_or("(none)")
}

/// A path that is like one of ours, so that it may be told. Never the query: links carry addresses of people, and one-time tokens.
/// People also paste things behind a host name that belong nowhere.
pub(crate) fn own_path(request: &Request) -> Option<&str> {
    let path = request.uri().path();
    let plain = path.len() <= MAX_LOGGED_BYTES && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    route(request).filter(|route| plain && !route.contains('*')).map(|_| path)
}

/// The template of the route that a request has found, as in `/portal/{slug}`.
pub(crate) fn route(request: &Request) -> Option<&str> {
    Some(request.extensions().get::<MatchedPath>()?.as_str())
}

/// A method's name, if it is one of HTTP's own: clients may make up others.
pub(crate) fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::CONNECT => "CONNECT",
        Method::DELETE => "DELETE",
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::TRACE => "TRACE",
        _ => "other",
    }
}
