//! Headers by which a proxy says whose request it passes on.

use axum::http::{HeaderMap, HeaderName, header};

/// The headers besides `X-Forwarded-…`. Not `Via`: a visitor's own proxy adds that as well, and it tells no client's address.
const FORWARDING: [HeaderName; 7] = [
    header::FORWARDED,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("cf-connecting-ip"),
    HeaderName::from_static("cloudfront-viewer-address"),
    HeaderName::from_static("fly-client-ip"),
    HeaderName::from_static("true-client-ip"),
    HeaderName::from_static("x-envoy-external-address"),
];

/// The header by which a proxy says whose request this is, if there is one.
pub(crate) fn forwarding_header(headers: &HeaderMap) -> Option<&HeaderName> {
    headers.keys().find(|name| name.as_str().starts_with("x-forwarded-") || FORWARDING.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_known_by_the_headers_that_tell_a_client() {
        let found = |name: &'static str| {
            forwarding_header(&HeaderMap::from_iter([(HeaderName::from_static(name), "x".parse().unwrap())])).is_some()
        };
        for name in
            ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip"]
        {
            assert!(found(name), "{name}");
        }
        for name in ["via", "host", "x-forward", "user-agent"] {
            assert!(!found(name), "{name}");
        }
    }
}
