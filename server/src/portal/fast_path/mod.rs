//! Answers from memory, before routing: `GET /v1/resolve`, `GET /v1/redirects` and most sign-in and sign-up pages of an instance in memory, and
//! `GET /healthz`. Such a request waits for nothing and can't fail, so there is nothing to log, limit or time out, and routing and layers would
//! cost more than the response itself. All other requests take the router, whose responses are identical (`server/tests/http/fast_path`).

mod answer;
mod asked;
mod pages;
mod service;
mod written;

use std::{sync::Arc, time::Instant};

use axum::body::Bytes;

use self::{
    answer::{Answer, Endpoint},
    asked::Asked,
    pages::{Pages, may_be_page, parts_of},
    written::write_response,
};
use super::{
    PageContext, api,
    prepared::PreparedRedirects,
    probes::{ALIVE, HEALTH},
    proxy_check::ProxyCheck,
    snapshot::{Snapshot, Snapshots},
};
use crate::{http::direct::Direct, observe::traces};

const RESOLVE: &str = "/v1/resolve";
const REDIRECTS: &str = "/v1/redirects";

/// Answers requests from memory: without hyper, or before a [service](FastPath::before) that answers the others.
#[derive(Clone, Debug)]
pub struct FastPath {
    inner: Arc<Inner>,
    pages: Option<Arc<Pages>>,
}

#[derive(Debug)]
struct Inner {
    snapshots: Snapshots,
    prepared: PreparedRedirects,
    resolve: Endpoint,
    redirects: Endpoint,
    health: Endpoint,
}

impl FastPath {
    /// Must be created after the metrics recorder is installed.
    pub fn new(snapshots: Snapshots) -> Self {
        let inner = Inner {
            snapshots,
            prepared: PreparedRedirects::new(),
            resolve: Endpoint::of_api(api::RESOLUTION_HEADERS, RESOLVE),
            redirects: Endpoint::of_api(api::REDIRECTS_HEADERS, REDIRECTS),
            health: Endpoint::health(),
        };
        Self { inner: Arc::new(inner), pages: None }
    }

    /// The same with hosted pages.
    #[must_use]
    pub(crate) fn with_pages(self, context: Arc<PageContext>, check: ProxyCheck) -> Self {
        Self { pages: Some(Arc::new(Pages::new(context, check))), ..self }
    }

    fn answer(&self, asked: &Asked<'_>) -> Option<Answer<'_>> {
        let (inner, path) = (&*self.inner, asked.path);
        let begun = Instant::now();
        let answer = if let Some(portal) = path.strip_suffix(RESOLVE) {
            let snapshot = inner.open(portal, asked)?;
            let visits = Some(inner.snapshots.visits()).filter(|_| !asked.is_prefetch);
            let body = api::resolution(&snapshot, asked.query, asked.origin, visits).ok()?;
            inner.resolve.answer(portal, body.into())
        } else if let Some(portal) = path.strip_suffix(REDIRECTS) {
            let prepared = inner.prepared.of(&*inner.open(portal, asked).filter(|_| !asked.is_conditional)?)?;
            inner.redirects.answer(portal, prepared.body.clone()).with_etag(prepared.etag.clone())
        } else if path == HEALTH {
            inner.health.answer("", Bytes::from_static(ALIVE.as_bytes()))
        } else {
            return None;
        };
        answer.count(begun);
        Some(answer)
    }
}

impl Direct for FastPath {
    fn answer(&self, request: &httparse::Request<'_, '_>, response: &mut Vec<u8>) -> bool {
        let Some(target) = request.path else { return false };
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        if !concerns(path) {
            return false;
        }
        if may_be_page(path) {
            return parts_of(request).and_then(|parts| self.page(&parts)).is_some_and(|page| write_response(page, response));
        }
        let answer = Asked::of_head(request).and_then(|asked| self.answer(&asked));
        answer.map(|answer| answer.write(response)).is_some()
    }
}

impl Inner {
    /// The open instance in memory whose portal has that path, or whose host was asked if the path is empty.
    fn open(&self, portal: &str, asked: &Asked<'_>) -> Option<Snapshot> {
        let slug = if portal.is_empty() { None } else { Some(portal.strip_prefix("/portal/")?) };
        self.snapshots.warm(slug, asked.host)
    }
}

/// Whether a request for that path may be answered here. If logs or traces include every request, none is.
fn concerns(path: &str) -> bool {
    let is_known = path.ends_with(RESOLVE) || path.ends_with(REDIRECTS) || path == HEALTH || may_be_page(path);
    is_known && !tracing::enabled!(tracing::Level::DEBUG) && !traces::are_sent()
}
