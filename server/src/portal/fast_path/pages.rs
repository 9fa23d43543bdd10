//! Hosted pages on the fast path: those that [need nothing from the database](respond_at_once), for a client that wants no compression.

use std::time::Instant;

use app::redirects::MAX_QUERY_BYTES;
use axum::{
    http::{HeaderName, HeaderValue, Method, Request, Uri, header, request::Parts},
    response::Response,
};

use crate::{
    http::{envelope, host::asked_host, host::is_plain},
    observe::metrics,
    portal::{
        PageContext,
        pages::{AT_ONCE, respond_at_once},
        proxy_check::ProxyCheck,
        snapshot::Snapshots,
    },
};

/// What the pages need.
#[derive(Debug)]
pub(super) struct Pages {
    context: PageContext,
    check: ProxyCheck,
    /// By page: below `/portal/{slug}`, and at a portal's host.
    routes: [[metrics::Route; 2]; AT_ONCE.len()],
}

/// Whether that may be the path of such a page.
pub(super) fn may_be_page(path: &str) -> bool {
    AT_ONCE.iter().any(|page| path.ends_with(page.path()))
}

impl Pages {
    pub(super) fn new(context: PageContext, check: ProxyCheck) -> Self {
        let routes = AT_ONCE.map(|page| [&format!("/portal/{{slug}}{}", page.path()), page.path()].map(metrics::Route::named));
        Self { context, check, routes }
    }

    /// The response; `None` if it takes the router.
    pub(super) fn answer(&self, snapshots: &Snapshots, parts: &Parts) -> Option<Response> {
        let begun = Instant::now();
        let (headers, uri) = (&parts.headers, &parts.uri);
        let is_long = uri.query().is_some_and(|query| query.len() > MAX_QUERY_BYTES);
        if parts.method != Method::GET || is_long || headers.contains_key(header::ACCEPT_ENCODING) || !is_plain(headers, uri) {
            return None;
        }
        let (page, base) = AT_ONCE.iter().enumerate().find_map(|(place, page)| Some((place, uri.path().strip_suffix(page.path())?)))?;
        let slug = if base.is_empty() { None } else { Some(base.strip_prefix("/portal/")?) };
        if !self.check.passes(headers) {
            return None;
        }
        let snapshot = snapshots.warm(slug, asked_host(headers, uri))?;
        let mut response = respond_at_once(parts, snapshot, base.to_owned(), self.context.clone())?;
        envelope::complete(response.headers_mut(), envelope::name());
        if metrics::are_kept() {
            self.routes[page][usize::from(base.is_empty())].count("GET", response.status(), begun);
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
