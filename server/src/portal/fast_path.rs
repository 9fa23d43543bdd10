//! Answers from memory, before routing: `GET /v1/resolve` and `GET /v1/redirects` for an instance in memory, and `GET /healthz`. Such a request
//! waits for nothing and can't fail, so there is nothing to log, limit or time out, and routing and layers would cost more than the response
//! itself. All other requests take the router, whose responses are identical (`server/tests/http/fast_path.rs`).

use std::{
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use app::redirects::MAX_QUERY_BYTES;
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Method, Request, header},
    response::{IntoResponse, Response},
};
use futures_util::future::Either;
use tower::Service;

use super::{
    api,
    prepared::PreparedRedirects,
    probes::{ALIVE, HEALTH},
    snapshot::{Snapshot, Snapshots},
};
use crate::{
    http::{envelope, host::is_plain, request::NAME},
    observe::{metrics, traces},
};

const RESOLVE: &str = "/v1/resolve";
const REDIRECTS: &str = "/v1/redirects";

/// Answers requests from memory, before routing.
#[derive(Clone, Debug)]
pub struct FastPath(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    snapshots: Snapshots,
    prepared: PreparedRedirects,
    resolve: Endpoint,
    redirects: Endpoint,
    health: Endpoint,
}

/// What the answers at one path share.
#[derive(Debug)]
struct Endpoint {
    /// The headers of every response. Copying them costs less than inserting one after the other.
    headers: HeaderMap,
    /// Below `/portal/{slug}`, and at a portal's host.
    routes: [metrics::Route; 2],
}

impl Endpoint {
    fn of_api(headers: impl IntoIterator<Item = (header::HeaderName, HeaderValue)>, path: &str) -> Self {
        let mut headers = HeaderMap::from_iter(headers);
        // The router's CORS layer sets these.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag,retry-after"));
        envelope::complete(&mut headers, envelope::name());
        Self { headers, routes: [metrics::Route::named(&format!("/portal/{{slug}}{path}")), metrics::Route::named(path)] }
    }

    fn health() -> Self {
        let mut headers = ALIVE.into_response().headers().clone();
        envelope::complete(&mut headers, envelope::name());
        Self { headers, routes: [metrics::Route::named(HEALTH), metrics::Route::named(HEALTH)] }
    }

    /// `portal` is the path of the portal, which is empty at its own host.
    fn answer(&self, body: Bytes, portal: &str, begun: Instant) -> Response {
        let mut response = Response::new(Body::from(body));
        response.headers_mut().clone_from(&self.headers);
        response.headers_mut().insert(NAME, envelope::name());
        if metrics::are_kept() {
            self.routes[usize::from(portal.is_empty())].count("GET", response.status(), begun);
        }
        response
    }
}

impl FastPath {
    /// Must be created after the metrics recorder is installed.
    pub fn new(snapshots: Snapshots) -> Self {
        Self(Arc::new(Inner {
            snapshots,
            prepared: PreparedRedirects::new(),
            resolve: Endpoint::of_api(api::RESOLUTION_HEADERS, RESOLVE),
            redirects: Endpoint::of_api(api::REDIRECTS_HEADERS, REDIRECTS),
            health: Endpoint::health(),
        }))
    }

    /// Puts the fast path before a service.
    pub fn before<S>(self, service: S) -> WithFastPath<S> {
        WithFastPath { fast_path: self, service }
    }

    fn answer<B>(&self, request: &Request<B>) -> Option<Response> {
        let begun = Instant::now();
        // Logs and traces of every request include this one.
        if request.method() != Method::GET || tracing::enabled!(tracing::Level::DEBUG) || traces::are_sent() {
            return None;
        }
        let (inner, path) = (&self.0, request.uri().path());
        if let Some(portal) = path.strip_suffix(RESOLVE) {
            let query = plain_query(request)?;
            let snapshot = inner.open(portal, request)?;
            let body = api::resolution(&snapshot, query, request.headers(), inner.snapshots.visits()).ok()?;
            return Some(inner.resolve.answer(body.into(), portal, begun));
        }
        if let Some(portal) = path.strip_suffix(REDIRECTS) {
            plain_query(request).filter(|_| !request.headers().contains_key(header::IF_NONE_MATCH))?;
            let prepared = inner.prepared.of(&*inner.open(portal, request)?)?;
            let mut response = inner.redirects.answer(prepared.body.clone(), portal, begun);
            response.headers_mut().insert(header::ETAG, prepared.etag.clone());
            return Some(response);
        }
        if path == HEALTH {
            plain_query(request)?;
            return Some(inner.health.answer(Bytes::from_static(ALIVE.as_bytes()), "", begun));
        }
        None
    }
}

/// The query of a request that names one host and is not too long.
fn plain_query<B>(request: &Request<B>) -> Option<&str> {
    let query = request.uri().query().unwrap_or_default();
    (query.len() <= MAX_QUERY_BYTES && is_plain(request.headers(), request.uri())).then_some(query)
}

impl Inner {
    /// The open instance in memory whose portal has that path, or whose host was asked if the path is empty.
    fn open<B>(&self, portal: &str, request: &Request<B>) -> Option<Snapshot> {
        let slug = if portal.is_empty() { None } else { Some(portal.strip_prefix("/portal/")?) };
        self.snapshots.warm(slug, request.headers(), request.uri())
    }
}

/// A service with the fast path before it.
#[derive(Clone, Debug)]
pub struct WithFastPath<S> {
    fast_path: FastPath,
    service: S,
}

impl<S, B> Service<Request<B>> for WithFastPath<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.fast_path.answer(&request) {
            Some(response) => Either::Left(ready(Ok(response))),
            None => Either::Right(self.service.call(request)),
        }
    }
}
