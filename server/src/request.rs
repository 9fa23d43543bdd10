//! What every request gets on its way in: a name, by which its lines are found in the log, and a bound on its address.

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower_http::{
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    trace::TraceLayer,
};

use crate::{metrics, traces};

/// The header that holds a request's name.
pub(crate) const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// The longest path with its query, in bytes: twice what the portal reads, four times the longest address of a page. What is
/// longer than 65,534 bytes, the HTTP parser refuses by itself.
const LONGEST_ADDRESS: usize = 32 * 1024;

/// The longest path that is logged as it is, in bytes.
const LONGEST_LOGGED: usize = 128;

/// Refuses addresses that are longer than any here.
pub(crate) async fn bound(request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|address| address.as_str().len() > LONGEST_ADDRESS) {
        return (StatusCode::URI_TOO_LONG, "This address is too long: 32,768 bytes at most.\n").into_response();
    }
    next.run(request).await
}

/// Gives each request a name that is in its log lines and in its answer. What a client calls it does not count, and is not logged.
pub(crate) fn named(router: Router) -> Router {
    let trace = TraceLayer::new_for_http().make_span_with(|request: &Request| {
        let id = request.headers().get(NAME).and_then(|name| name.to_str().ok()).unwrap_or_default();
        tracing::info_span!("request", id, method = %request.method(), path = logged_path(request))
    });
    let router = router.layer(trace.on_failure(()));
    // Where nobody reads them, they cost nothing.
    let router = if traces::are_sent() { router.layer(middleware::from_fn(traces::traced)) } else { router };
    let router = router.layer(PropagateRequestIdLayer::new(NAME)).layer(SetRequestIdLayer::new(NAME, Random)).layer(
        middleware::map_request(|mut request: Request| async move {
            request.headers_mut().remove(NAME);
            request
        }),
    );
    if metrics::are_kept() { router.layer(metrics::Counting) } else { router }
}

/// What the log says of a path: itself where it is like one of ours, else which of ours it is like.
fn logged_path(request: &Request) -> &str {
    own_path(request).or_else(|| route(request)).unwrap_or("(none)")
}

/// A path that is like one of ours, so that it may be told. Never the query: links carry addresses of people, and one-time tokens.
/// People also paste things behind a host name that belong nowhere.
pub(crate) fn own_path(request: &Request) -> Option<&str> {
    let path = request.uri().path();
    let plain = path.len() <= LONGEST_LOGGED && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
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

/// Names of 64 random bits.
#[derive(Clone, Copy, Debug)]
struct Random;

impl MakeRequestId for Random {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).ok()?;
        HeaderValue::from_str(&format!("{:016x}", u64::from_be_bytes(bytes))).ok().map(RequestId::new)
    }
}
