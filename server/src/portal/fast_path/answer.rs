//! Answers of the fast path, as a response and as the bytes that are sent.

use std::time::Instant;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::written::{write_end, write_header};
use crate::{
    http::{envelope, request::NAME},
    observe::metrics,
    portal::probes::{ALIVE, HEALTH},
};

/// What the answers at one path share.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// The headers of every response. Copying them costs less than inserting one after the other.
    headers: HeaderMap,
    /// The status line and those headers, as they are sent.
    head: Vec<u8>,
    /// Below `/portal/{slug}`, and at a portal's host.
    routes: [metrics::Route; 2],
}

/// An answer: 200, always.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    endpoint: &'a Endpoint,
    route: &'a metrics::Route,
    etag: Option<HeaderValue>,
    body: Bytes,
}

impl Endpoint {
    pub(super) fn of_api(headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>, path: &str) -> Self {
        let mut headers = HeaderMap::from_iter(headers);
        // The router's CORS layer sets these.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag,retry-after"));
        Self::new(headers, [&format!("/portal/{{slug}}{path}"), path])
    }

    pub(super) fn health() -> Self {
        Self::new(ALIVE.into_response().headers().clone(), [HEALTH, HEALTH])
    }

    fn new(mut headers: HeaderMap, routes: [&str; 2]) -> Self {
        envelope::complete(&mut headers, envelope::name());
        // Each answer has its own.
        headers.remove(NAME);
        let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
        headers.iter().for_each(|(name, value)| write_header(&mut head, name, value));
        Self { headers, head, routes: routes.map(metrics::Route::named) }
    }

    /// `portal` is the path of the portal, which is empty at its own host.
    pub(super) fn answer(&self, portal: &str, body: Bytes) -> Answer<'_> {
        Answer { endpoint: self, route: &self.routes[usize::from(portal.is_empty())], etag: None, body }
    }
}

impl Answer<'_> {
    pub(super) fn with_etag(self, etag: HeaderValue) -> Self {
        Self { etag: Some(etag), ..self }
    }

    /// Counts it in the metrics.
    pub(super) fn count(&self, begun: Instant) {
        if metrics::are_kept() {
            self.route.count("GET", StatusCode::OK, begun);
        }
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        let headers = response.headers_mut();
        headers.clone_from(&self.endpoint.headers);
        headers.insert(NAME, envelope::name());
        headers.extend(self.etag.map(|etag| (header::ETAG, etag)));
        response
    }

    /// Appends it as it is sent.
    pub(super) fn write(&self, response: &mut Vec<u8>) {
        response.extend_from_slice(&self.endpoint.head);
        write_header(response, &NAME, &envelope::name());
        if let Some(etag) = &self.etag {
            write_header(response, &header::ETAG, etag);
        }
        write_end(response, &self.body);
    }
}
