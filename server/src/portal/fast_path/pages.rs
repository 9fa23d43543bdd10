//! Hosted pages on the fast path: those that [need nothing from the database](respond_at_once), for a client that wants no compression.

use std::{sync::Arc, time::Instant};

use axum::{
    http::{HeaderName, HeaderValue, Request, Uri, header, request::Parts},
    response::Response,
};

use super::{FastPath, asked::Asked};
use crate::{
    http::envelope,
    observe::metrics,
    portal::{
        PageContext,
        pages::{AT_ONCE, respond_at_once},
        proxy_check::ProxyCheck,
    },
};

/// What the pages need.
#[derive(Debug)]
pub(super) struct Pages {
    context: Arc<PageContext>,
    check: ProxyCheck,
    /// By page: below `/portal/{slug}`, and at a portal's host.
    routes: [[metrics::Route; 2]; AT_ONCE.len()],
}

/// Whether that may be the path of such a page.
pub(super) fn may_be_page(path: &str) -> bool {
    AT_ONCE.iter().any(|page| path.ends_with(page.path()))
}

impl Pages {
    pub(super) fn new(context: Arc<PageContext>, check: ProxyCheck) -> Self {
        let routes = AT_ONCE.map(|page| [&format!("/portal/{{slug}}{}", page.path()), page.path()].map(metrics::Route::named));
        Self { context, check, routes }
    }
}

impl FastPath {
    /// The hosted page that a request is for; `None` if it takes the router.
    pub(super) fn page(&self, parts: &Parts) -> Option<Response> {
        let begun = Instant::now();
        let (pages, asked) = (self.pages.as_deref()?, Asked::of_parts(parts)?);
        let (page, base) = AT_ONCE.iter().enumerate().find_map(|(place, page)| Some((place, asked.path.strip_suffix(page.path())?)))?;
        if parts.headers.contains_key(header::ACCEPT_ENCODING) || !pages.check.passes(&parts.headers) {
            return None;
        }
        let snapshot = self.inner.open(base, &asked)?;
        let mut response = respond_at_once(parts, snapshot, base.to_owned(), pages.context.clone())?;
        envelope::complete(response.headers_mut(), envelope::name());
        if metrics::are_kept() {
            pages.routes[page][usize::from(base.is_empty())].count("GET", response.status(), begun);
        }
        Some(response)
    }
}

/// The parts of a GET request; `None` where hyper may read it otherwise.
pub(super) fn parts_of(request: &httparse::Request<'_, '_>) -> Option<Parts> {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.uri = request.path?.parse::<Uri>().ok()?;
    parts.headers.reserve(request.headers.len());
    for header in &*request.headers {
        parts.headers.append(HeaderName::from_bytes(header.name.as_bytes()).ok()?, HeaderValue::from_bytes(header.value).ok()?);
    }
    Some(parts)
}
