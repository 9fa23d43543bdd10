//! Headers by which a proxy shows that it passes on somebody else's request.

use axum::http::{HeaderMap, HeaderName, header};

/// The headers that tell a client's address: those that one of the values of `--client-address` reads. Not `Via`: a visitor's own proxy
/// adds that as well, and it tells no address.
static ADDRESS_HEADERS: [HeaderName; 8] = [
    HeaderName::from_static("x-forwarded-for"),
    header::FORWARDED,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("cf-connecting-ip"),
    HeaderName::from_static("cloudfront-viewer-address"),
    HeaderName::from_static("fly-client-ip"),
    HeaderName::from_static("true-client-ip"),
    HeaderName::from_static("x-envoy-external-address"),
];

/// The header by which a proxy tells the client's address, if there is one.
pub(crate) fn address_header(headers: &HeaderMap) -> Option<&'static HeaderName> {
    ADDRESS_HEADERS.iter().find(|name| headers.contains_key(*name))
}

/// Whether a proxy has passed the request on: it tells the client's address, or what the client asked for.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with("x-forwarded-")) || address_header(headers).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_known_by_its_headers_and_only_some_of_them_tell_an_address() {
        let found = |name: &'static str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), "x".parse().unwrap())]);
            (address_header(&headers).map(HeaderName::as_str), is_forwarded(&headers))
        };
        for name in [
            "x-forwarded-for",
            "forwarded",
            "x-real-ip",
            "cf-connecting-ip",
            "cloudfront-viewer-address",
            "fly-client-ip",
            "true-client-ip",
            "x-envoy-external-address",
        ] {
            assert_eq!(found(name), (Some(name), true), "{name}");
        }
        for name in ["x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-server"] {
            assert_eq!(found(name), (None, true), "{name}");
        }
        for name in ["via", "host", "x-forward", "user-agent"] {
            assert_eq!(found(name), (None, false), "{name}");
        }
    }
}
