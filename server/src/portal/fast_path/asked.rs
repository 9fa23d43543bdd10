//! What the fast path reads of a request.

use app::redirects::MAX_QUERY_BYTES;
use axum::http::{Method, header, request::Parts};

use crate::{
    http::host::{asked_host, is_plain, is_plain_host},
    portal::visits::{PURPOSES, is_prefetch},
};

/// A GET request that names at most one host and whose query is not too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    /// With its port.
    pub(super) host: Option<&'a str>,
    /// The page that sends the request.
    pub(super) origin: Option<&'a str>,
    /// The browser fetches it ahead of its user.
    pub(super) is_prefetch: bool,
    /// The client has a response already, and asks for another one only.
    pub(super) is_conditional: bool,
}

impl<'a> Asked<'a> {
    /// `None` if it is another kind of request.
    pub(super) fn of_parts(parts: &'a Parts) -> Option<Self> {
        let (headers, uri) = (&parts.headers, &parts.uri);
        let query = uri.query().unwrap_or_default();
        if parts.method != Method::GET || query.len() > MAX_QUERY_BYTES || !is_plain(headers, uri) {
            return None;
        }
        Some(Self {
            path: uri.path(),
            query,
            host: asked_host(headers, uri),
            origin: headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()),
            is_prefetch: is_prefetch(headers),
            is_conditional: headers.contains_key(header::IF_NONE_MATCH),
        })
    }

    /// `None` if it is another kind of request, or if it names its origin more than once. Its method is known to be GET.
    pub(super) fn of_head(request: &httparse::Request<'_, 'a>) -> Option<Self> {
        let target = request.path?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if query.len() > MAX_QUERY_BYTES {
            return None;
        }
        let mut asked = Self { path, query, ..Self::default() };
        for header in &*request.headers {
            let is = |name: header::HeaderName| header.name.eq_ignore_ascii_case(name.as_str());
            if is(header::HOST) {
                let host = str::from_utf8(header.value).ok().filter(|host| is_plain_host(host.as_bytes()))?;
                if asked.host.replace(host).is_some() {
                    return None;
                }
            } else if is(header::ORIGIN) {
                let origin = str::from_utf8(header.value).ok().filter(|origin| origin.is_ascii())?;
                if asked.origin.replace(origin).is_some() {
                    return None;
                }
            } else if PURPOSES.iter().any(|name| header.name.eq_ignore_ascii_case(name)) {
                // Prefetches are rare, so hyper takes them.
                return None;
            } else if is(header::IF_NONE_MATCH) {
                asked.is_conditional = true;
            }
        }
        Some(asked)
    }
}
