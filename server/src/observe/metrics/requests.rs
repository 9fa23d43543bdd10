//! Requests, counted by route and status and measured by route. What a route needs for that is looked up once, at its first
//! request; after that a request costs a few atomic additions.

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

/// Counts the requests of a router, put around its routes: each of them is then counted by a [`Counted`] of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counting;

impl<S> Layer<S> for Counting {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, route: Arc::default() }
    }
}

/// One route with what counts it. All its clones share that.
#[derive(Clone, Debug)]
pub(crate) struct Counted<S> {
    inner: S,
    route: Arc<OnceLock<Route>>,
}

/// What counts the requests of one route.
#[derive(Debug)]
pub(crate) struct Route {
    /// Its template, as in `/portal/{slug}/v1/resolve`; never a path, of which there are as many as anybody likes.
    template: String,
    duration: Histogram,
    answers: RwLock<HashMap<(&'static str, StatusCode), Counter>>,
}

impl Route {
    fn of(matched: Option<&MatchedPath>) -> Self {
        Self::named(matched.map_or("none", MatchedPath::as_str))
    }

    /// The route of that template.
    pub(crate) fn named(template: &str) -> Self {
        let template = template.to_owned();
        let duration = metrics::histogram!("http_request_duration_seconds", "route" => template.clone());
        Self { template, duration, answers: RwLock::default() }
    }

    /// Counts an answer to a request that came then.
    pub(crate) fn count(&self, method: &'static str, status: StatusCode, begun: Instant) {
        self.duration.record(begun.elapsed());
        let key = (method, status);
        if let Some(counter) = self.answers.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return counter.increment(1);
        }
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        let counter = answers.entry(key).or_insert_with(|| {
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
        let answered = self.inner.call(request);
        Box::pin(async move {
            let answer = answered.await;
            if let (Ok(response), Some(route)) = (&answer, route.get()) {
                route.count(method, response.status(), begun);
            }
            answer
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
        let kept = start().unwrap();
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
        let page = kept.render();
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
    fn methods_that_nobody_has_heard_of_are_one() {
        assert_eq!(known_method(&Method::PATCH), "PATCH");
        assert_eq!(known_method(&Method::from_bytes(b"ANY").unwrap()), "other");
    }
}
