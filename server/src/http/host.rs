//! The host that a request asks for, as URLs write it.

use axum::{
    extract::Request,
    http::{HeaderMap, Uri, header, uri::Authority},
};
use url::{Host, Url};

use super::dashboard_url::is_loopback;

/// The host name that was asked for, without its port; `None` where the request names none.
pub(crate) fn host_of(request: &Request) -> Option<String> {
    asked_host(request.headers(), request.uri()).and_then(host_name)
}

/// The name in a `Host` header, as URLs write it.
pub(crate) fn host_name(host: &str) -> Option<String> {
    Some(Url::parse(&format!("http://{host}")).ok()?.host_str()?.to_owned())
}

/// Whether a request names its host only once, and by nothing but a name or address and a port. A second `Host`, or a `user@` before
/// the name, would mean one host to this server and another one to a proxy.
pub(crate) fn is_plain(headers: &HeaderMap, uri: &Uri) -> bool {
    let mut named = headers.get_all(header::HOST).iter();
    let first = named.next().is_none_or(|host| is_plain_host(host.as_bytes()));
    first && named.next().is_none() && uri.authority().is_none_or(|authority| is_plain_host(authority.as_str().as_bytes()))
}

/// Whether a host is nothing but a name or address and a port.
pub(crate) fn is_plain_host(host: &[u8]) -> bool {
    host.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte))
}

/// The host that was asked for, with its port: from the request line, else from the `Host` header. The envelope has refused requests
/// that are not [plain](is_plain).
pub(crate) fn asked_host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    uri.authority().map(Authority::as_str).or_else(|| headers.get(header::HOST)?.to_str().ok())
}

/// Whether a host name, as URLs write it, is one that only this machine or its network knows: a loopback name, a private address, or a
/// single label. Such a host is where a proxy connects to, and not what a browser asked for.
pub(crate) fn is_internal(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => !name.contains('.') || is_loopback(host),
        Ok(Host::Ipv4(address)) => address.is_loopback() || address.is_private() || address.is_link_local() || address.is_unspecified(),
        Ok(Host::Ipv6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local() || address.is_unspecified()
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_proxy_connects_to_is_internal() {
        for host in ["localhost", "a.localhost", "127.0.0.1", "[::1]", "10.0.0.7", "192.168.1.1", "[fd00::1]", "backend", "0.0.0.0"] {
            assert!(is_internal(host), "{host}");
        }
        for host in ["dash.example.com", "192.0.2.1", "[2001:db8::1]", "localhost.evil.example"] {
            assert!(!is_internal(host), "{host}");
        }
    }

    fn headers(hosts: &[&str]) -> HeaderMap {
        hosts.iter().map(|host| (header::HOST, host.parse().unwrap())).collect()
    }

    #[test]
    fn a_host_is_named_once_and_plainly() {
        let uri = Uri::from_static("/x");
        for host in ["dash.test", "DASH.test:443", "127.0.0.1:3000", "[::1]:3000", "a_b.test", ""] {
            assert!(is_plain(&headers(&[host]), &uri), "{host}");
        }
        for host in
            ["x@dash.test", "dash.test/x", "dash.test?x", "dash.test#x", "dash.test,evil.test", "dash%2etest", "a b", "a\\b", "ü.test"]
        {
            let mut named = HeaderMap::new();
            named.insert(header::HOST, axum::http::HeaderValue::from_bytes(host.as_bytes()).unwrap());
            assert!(!is_plain(&named, &uri), "{host}");
        }
        assert!(is_plain(&headers(&[]), &uri));
        assert!(!is_plain(&headers(&["dash.test", "dash.test"]), &uri));
        assert!(!is_plain(&headers(&["dash.test"]), &Uri::from_static("http://x@dash.test/x")));
        assert!(is_plain(&headers(&["other.test"]), &Uri::from_static("http://dash.test/x")));
    }
}
