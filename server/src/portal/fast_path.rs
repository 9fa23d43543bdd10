//! `GET /v1/resolve` for an instance in memory, answered before routing. Such a request waits for nothing and can't fail, so there is
//! nothing to log, limit or time out, and routing and layers would cost more than the response itself. All other requests take the
//! router, whose responses are identical (`server/tests/http/fast_path.rs`).

use std::{
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use app::redirects::MAX_QUERY_BYTES;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, header},
    response::Response,
};
use futures_util::future::Either;
use tower::Service;

use super::{api, snapshot::Snapshots};
use crate::{
    http::{envelope, host::is_plain, request::NAME},
    observe::{metrics, traces},
};

/// Answers requests from memory, before routing.
#[derive(Clone, Debug)]
pub struct FastPath(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    snapshots: Snapshots,
    /// The headers of every response. Copying them costs less than inserting one after the other.
    headers: HeaderMap,
    by_slug: metrics::Route,
    by_host: metrics::Route,
}

impl FastPath {
    /// Must be created after the metrics recorder is installed.
    pub fn new(snapshots: Snapshots) -> Self {
        let (by_slug, by_host) = (metrics::Route::named("/portal/{slug}/v1/resolve"), metrics::Route::named("/v1/resolve"));
        let mut headers = HeaderMap::from_iter(api::RESOLUTION_HEADERS);
        // The router's CORS layer sets these.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag,retry-after"));
        envelope::complete(&mut headers, envelope::name());
        Self(Arc::new(Inner { snapshots, headers, by_slug, by_host }))
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
        let path = request.uri().path().strip_suffix("/v1/resolve")?;
        let slug = if path.is_empty() { None } else { Some(path.strip_prefix("/portal/")?) };
        let query = request.uri().query().unwrap_or_default();
        if query.len() > MAX_QUERY_BYTES || !is_plain(request.headers(), request.uri()) {
            return None;
        }
        let snapshot = self.0.snapshots.warm(slug, request.headers(), request.uri())?;
        let body = api::resolution(&snapshot, query, request.headers(), self.0.snapshots.visits()).ok()?;
        let mut response = Response::new(Body::from(body));
        response.headers_mut().clone_from(&self.0.headers);
        response.headers_mut().insert(NAME, envelope::name());
        if metrics::are_kept() {
            let route = if slug.is_some() { &self.0.by_slug } else { &self.0.by_host };
            route.count("GET", response.status(), begun);
        }
        Some(response)
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
