//! Spans of requests, by OpenTelemetry's conventions for HTTP servers: route, method, status. A path only if the log may contain it,
//! and never a query.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode},
    middleware::Next,
    response::Response,
};
use opentelemetry::{
    Array, Context, KeyValue, StringValue, Value,
    propagation::{Extractor, TextMapPropagator},
    trace::{Span, SpanKind, Status, Tracer},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::TRACER;
use crate::http::request::{NAME, known_method, own_path, route};

/// Middleware that records a span for each request. If the client disconnects, the span ends without a status.
pub(crate) async fn traced(request: Request, next: Next) -> Response {
    let Some(tracer) = TRACER.get() else { return next.run(request).await };
    let mut span = begin(tracer, &request);
    let response = next.run(request).await;
    finish(&mut span, response.status());
    response
}

fn begin<T: Tracer>(tracer: &T, request: &Request) -> T::Span {
    let method = match known_method(request.method()) {
        "other" => "_OTHER",
        known => known,
    };
    let (route, path) = (route(request), own_path(request));
    let shown = if method == "_OTHER" { "HTTP" } else { method };
    let name = route.map_or_else(|| shown.to_owned(), |route| format!("{shown} {route}"));
    let mut attributes = vec![KeyValue::new("http.request.method", method)];
    attributes.extend(route.map(|route| KeyValue::new("http.route", route.to_owned())));
    attributes.extend(path.map(|path| KeyValue::new("url.path", path.to_owned())));
    // The same ID is in the request's log lines.
    let id = request.headers().get(NAME).and_then(|id| id.to_str().ok()).map(|id| StringValue::from(id.to_owned()));
    attributes.extend(id.map(|id| KeyValue::new("http.response.header.x-request-id", Value::Array(Array::String(vec![id])))));
    tracer.span_builder(name).with_kind(SpanKind::Server).with_attributes(attributes).start_with_context(tracer, &parent(request.headers()))
}

fn finish(span: &mut impl Span, status: StatusCode) {
    span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
    if status.is_server_error() {
        span.set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
        span.set_status(Status::error(""));
    }
    span.end();
}

/// The parent span that the client names (W3C `traceparent`). Any client may send one: it only joins traces, and it may ask for them to
/// be sampled.
fn parent(headers: &HeaderMap) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), &Parent(headers))
}

/// Reads the header `traceparent` and nothing else: `tracestate` is free text from the client and would be sent on with the span.
struct Parent<'a>(&'a HeaderMap);

impl Extractor for Parent<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        if name == "traceparent" { self.0.get(name)?.to_str().ok() } else { None }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, routing::get};
    use opentelemetry::trace::{SpanId, TraceId, TracerProvider};
    use opentelemetry_sdk::{
        error::OTelSdkResult,
        trace::{SdkTracer, SdkTracerProvider, SpanData, SpanExporter},
    };
    use std::sync::{Arc, Mutex};
    use tower::ServiceExt;

    use super::*;

    /// Collects the spans that would be sent.
    #[derive(Clone, Debug, Default)]
    struct Sent(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Sent {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    /// The span of one request to a router with the single route `/portal/{slug}/v1/resolve`.
    async fn span(method: &str, address: &str, headers: &[(&str, &str)]) -> SpanData {
        let sent = Sent::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(sent.clone()).build();
        let tracer: SdkTracer = provider.tracer("test");
        let around = move |request: Request, next: Next| {
            let mut span = begin(&tracer, &request);
            async move {
                let response = next.run(request).await;
                finish(&mut span, response.status());
                response
            }
        };
        let router = Router::new()
            .route("/portal/{slug}/v1/resolve", get(|| async { "resolved" }).post(|| async { StatusCode::SERVICE_UNAVAILABLE }))
            .layer(axum::middleware::from_fn(around));
        let request = Request::builder().method(method).uri(address);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        sent.0.lock().unwrap().pop().unwrap()
    }

    fn attributes(span: &SpanData) -> Vec<String> {
        span.attributes.iter().map(|attribute| format!("{}={}", attribute.key, attribute.value.as_str())).collect()
    }

    #[tokio::test]
    async fn a_span_has_the_route_and_the_status_and_nothing_of_the_query() {
        let found = span("GET", "/portal/my-app/v1/resolve?redirect_url=xqmarkx", &[("x-request-id", "0f")]).await;
        assert_eq!((found.name.as_ref(), &found.span_kind), ("GET /portal/{slug}/v1/resolve", &SpanKind::Server));
        let request = ["http.request.method=GET", "http.route=/portal/{slug}/v1/resolve", "url.path=/portal/my-app/v1/resolve"];
        let rest = ["http.response.header.x-request-id=[\"0f\"]", "http.response.status_code=200"];
        assert_eq!(attributes(&found), [&request[..], &rest[..]].concat());
        assert_eq!(found.status, Status::Unset);
        let failed = span("POST", "/portal/my-app/v1/resolve", &[]).await;
        assert!(attributes(&failed).contains(&"error.type=503".to_owned()) && failed.status == Status::error(""), "{failed:?}");
    }

    #[tokio::test]
    async fn no_span_contains_what_a_client_makes_up() {
        let state = [("tracestate", "xqmarkx=xqmarkx"), ("traceparent", "xqmarkx"), ("baggage", "xqmarkx=1")];
        for (method, path) in
            [("GET", "/xqmarkx"), ("GET", "/portal/xqmarkx%40myapp.com/v1/resolve"), ("XQMARKX", "/portal/my-app/v1/resolve")]
        {
            let found = span(method, path, &state).await;
            assert!(!format!("{found:?}").to_lowercase().contains("xqmarkx"), "{found:?}");
        }
    }

    #[tokio::test]
    async fn a_request_continues_the_trace_of_its_traceparent() {
        let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        let headers = [("traceparent", &*format!("00-{trace}-{parent}-01")), ("tracestate", "xqmarkx=1")];
        let found = span("GET", "/portal/my-app/v1/resolve", &headers).await;
        assert_eq!(found.span_context.trace_id(), TraceId::from_hex(trace).unwrap());
        assert_eq!(found.parent_span_id, SpanId::from_hex(parent).unwrap());
        assert_eq!(found.span_context.trace_state().header(), "");
    }
}
