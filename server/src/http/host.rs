//! The host that a request asks for, as URLs write it.

use axum::{
    extract::Request,
    http::{HeaderMap, Uri, header, uri::Authority},
};
use url::Url;

/// The host name that was asked for, without its port; `None` where the request names none.
pub(crate) fn host_of(request: &Request) -> Option<String> {
    asked_host(request.headers(), request.uri()).and_then(host_name)
}

/// The name in a `Host` header, as URLs write it.
pub(crate) fn host_name(host: &str) -> Option<String> {
    Some(Url::parse(&format!("http://{host}")).ok()?.host_str()?.to_owned())
}

/// The host that was asked for, with its port: from the request line (HTTP/2), else from the `Host` header.
pub(crate) fn asked_host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    uri.authority().map(Authority::as_str).or_else(|| headers.get(header::HOST)?.to_str().ok())
}
