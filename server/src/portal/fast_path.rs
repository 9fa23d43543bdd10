//! `GET /v1/resolve` of an instance in memory, answered ahead of the routes. Nothing is waited for then and nothing can fail, so there
//! is nothing to log, to limit or to cut short; what routing and layers cost would be more than the answer itself. Everything
//! else goes the long way, and what it says there is the same to the letter (`server/tests/http/ahead.rs`).

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
    http::{envelope, request::NAME},
    observe::{metrics, traces},
};

/// Answers what can be answered from memory.
#[derive(Clone, Debug)]
pub struct Ahead(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    snapshots: Snapshots,
    /// What every answer has: a copy of it costs less than putting in one after the other.
    headers: HeaderMap,
    by_slug: metrics::Route,
    by_host: metrics::Route,
}

impl Ahead {
    /// From that memory. To be made after whoever collects the metrics.
    pub fn new(snapshots: Snapshots) -> Self {
        let (by_slug, by_host) = (metrics::Route::named("/portal/{slug}/v1/resolve"), metrics::Route::named("/v1/resolve"));
        let mut headers = HeaderMap::from_iter(api::OF_A_RESOLUTION);
        // By the layer for cross-origin reads, where it goes the long way.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag,retry-after"));
        envelope::complete(&mut headers, envelope::name());
        Self(Arc::new(Inner { snapshots, headers, by_slug, by_host }))
    }

    /// Ahead of that service.
    pub fn of<S>(self, service: S) -> Before<S> {
        Before { ahead: self, service }
    }

    fn answer<B>(&self, request: &Request<B>) -> Option<Response> {
        let begun = Instant::now();
        // Who wants to see every request sees this one too.
        if request.method() != Method::GET || tracing::enabled!(tracing::Level::DEBUG) || traces::are_sent() {
            return None;
        }
        let path = request.uri().path().strip_suffix("/v1/resolve")?;
        let slug = if path.is_empty() { None } else { Some(path.strip_prefix("/portal/")?) };
        let query = request.uri().query().unwrap_or_default();
        if query.len() > MAX_QUERY_BYTES {
            return None;
        }
        let snapshot = self.0.snapshots.warm(slug, request.headers(), request.uri())?;
        let body = api::resolution(&snapshot, query, request.headers()).ok()?;
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

/// A service with that ahead of it.
#[derive(Clone, Debug)]
pub struct Before<S> {
    ahead: Ahead,
    service: S,
}

impl<S, B> Service<Request<B>> for Before<S>
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
        match self.ahead.answer(&request) {
            Some(response) => Either::Left(ready(Ok(response))),
            None => Either::Right(self.service.call(request)),
        }
    }
}
