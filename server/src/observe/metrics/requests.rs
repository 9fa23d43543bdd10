//! Counts requests by route and status, and measures their duration by route. A route's metrics are looked up at its first request;
//! later requests cost a few atomic additions.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    http::StatusCode,
    response::Response,
};
use metrics::{Counter, Histogram};
use tower::{Layer, Service};

use crate::http::request::known_method;

/// The layer that counts requests: it wraps each route of a router into a [`Counted`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counting;

impl<S> Layer<S> for Counting {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, route: Arc::default() }
    }
}

/// A route with its metrics, which all clones share.
#[derive(Clone, Debug)]
pub(crate) struct Counted<S> {
    inner: S,
    route: Arc<OnceLock<Route>>,
}

/// The metrics of one route.
#[derive(Debug)]
pub(crate) struct Route {
    /// Its template, such as `/portal/{slug}/v1/resolve`; never a path, because clients can make up any number of paths.
    template: String,
    duration: Histogram,
    responses: RwLock<HashMap<(&'static str, StatusCode), Counter>>,
}

impl Route {
    fn of(matched: Option<&MatchedPath>) -> Self {
        Self::named(matched.map_or("none", MatchedPath::as_str))
    }

    /// The route with this template.
    pub(crate) fn named(template: &str) -> Self {
        let template = template.to_owned();
        let duration = metrics::histogram!("http_request_duration_seconds", "route" => template.clone());
        Self { template, duration, responses: RwLock::default() }
    }

    /// Counts a response to a request that began at `begun`.
    pub(crate) fn count(&self, method: &'static str, status: StatusCode, begun: Instant) {
        self.duration.record(begun.elapsed());
        let key = (method, status);
        if let Some(counter) = self.responses.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return counter.increment(1);
        }
        let mut responses = self.responses.write().unwrap_or_else(PoisonError::into_inner);
        let counter = responses.entry(key).or_insert_with(|| {
            let labels = [("route", self.template.clone()), ("method", method.to_owned()), ("status", status.as_str().to_owned())];
            metrics::counter!("http_requests_total", &labels)
        });
        counter.increment(1);
    }
}

impl<S> Service<Request> for Counted<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let begun = Instant::now();
        let method = known_method(request.method());
        let route = Arc::clone(&self.route);
        route.get_or_init(|| Route::of(request.extensions().get()));
        let response = self.inner.call(request);
        Box::pin(async move {
            let result = response.await;
            if let (Ok(response), Some(route)) = (&result, route.get()) {
                route.count(method, response.status(), begun);
            }
            result
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::Method, routing::get};
    use tower::ServiceExt;

    use super::*;
    use crate::observe::metrics::start;

    async fn ask(router: &Router, method: &str, path: &str) {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap();
    }

    #[tokio::test]
    async fn requests_are_counted_by_their_route_and_status_and_never_by_their_path() {
        let recorder = start().unwrap();
        let inner = Router::new().route("/deep", get(|| async { StatusCode::GONE }));
        let router = Router::new()
            .route("/counted/{name}", get(|| async { "here" }).post(|| async { StatusCode::CONFLICT }))
            .nest("/counted/{name}/nest", inner)
            .layer(Counting);
        for (method, path) in [
            ("GET", "/counted/xqmarkx"),
            ("GET", "/counted/other?xqmarkx"),
            ("POST", "/counted/xqmarkx"),
            ("XQMARKX", "/counted/a"),
            ("GET", "/counted/xqmarkx/nest/deep"),
            ("GET", "/xqmarkx"),
        ] {
            ask(&router, method, path).await;
        }
        let page = recorder.render();
        for line in [
            r#"http_requests_total{route="/counted/{name}",method="GET",status="200"} 2"#,
            r#"http_requests_total{route="/counted/{name}",method="POST",status="409"} 1"#,
            r#"http_requests_total{route="/counted/{name}",method="other",status="405"} 1"#,
            r#"http_requests_total{route="/counted/{name}/nest/deep",method="GET",status="410"} 1"#,
            r#"http_requests_total{route="none",method="GET",status="404"} 1"#,
            r#"http_request_duration_seconds_count{route="/counted/{name}"} 4"#,
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        assert!(!page.to_lowercase().contains("xqmarkx"), "{page}");
    }

    #[test]
    fn unknown_methods_share_one_label() {
        assert_eq!(known_method(&Method::PATCH), "PATCH");
        assert_eq!(known_method(&Method::from_bytes(b"ANY").unwrap()), "other");
    }
}
