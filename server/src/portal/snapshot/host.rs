//! The host of a request in its canonical spelling, and the origins that a portal there may have.

use url::{Origin, Url};

/// The host of a request, with its port unless that is the default of both schemes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Host {
    /// Lower case and ASCII.
    pub(super) name: Box<str>,
    /// `https` first. A proxy may have ended TLS, so both schemes are possible.
    pub(super) origins: [String; 2],
}

impl Host {
    /// Reads a `Host` header; `None` if it names no host.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.contains(['/', '\\', '?', '#', '@']) {
            return None;
        }
        let urls = ["https", "http"].map(|scheme| Url::parse(&format!("{scheme}://{text}")).ok());
        let [Some(https), Some(http)] = urls else { return None };
        // The default port of one scheme is a real port with the other.
        let port = https.port().or(http.port()).map_or_else(String::new, |port| format!(":{port}"));
        let name = format!("{}{port}", https.host_str()?).into_boxed_str();
        Some(Self { name, origins: [https, http].map(|url| url.origin()).map(|origin| Origin::ascii_serialization(&origin)) })
    }
}

/// The host of an origin, with its port: the `Host` header that most visitors of that origin send.
pub(super) fn host_of(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

/// How an origin with TLS begins.
pub(super) const TLS: &str = "https://";

/// The host of an origin with the default port of its scheme: another `Host` header that leads there, unless the origin has a port.
pub(super) fn with_default_port(origin: &str) -> String {
    format!("{}:{}", host_of(origin), if origin.starts_with(TLS) { 443 } else { 80 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_spelling_and_two_origins() {
        for (text, name, https, http) in [
            ("Accounts.MyApp.com", "accounts.myapp.com", "https://accounts.myapp.com", "http://accounts.myapp.com"),
            ("a.com:8443", "a.com:8443", "https://a.com:8443", "http://a.com:8443"),
            ("a.com:443", "a.com:443", "https://a.com", "http://a.com:443"),
            ("a.com:80", "a.com:80", "https://a.com:80", "http://a.com"),
            ("bücher.example", "xn--bcher-kva.example", "https://xn--bcher-kva.example", "http://xn--bcher-kva.example"),
            ("[::1]:3000", "[::1]:3000", "https://[::1]:3000", "http://[::1]:3000"),
        ] {
            let host = Host::parse(text).unwrap();
            assert_eq!((&*host.name, host.origins), (name, [https.to_owned(), http.to_owned()]), "{text}");
        }
        for text in ["", "[", "a b", "a.com/x", "me@a.com", "a.com?x", "a.com:x", "a\\b"] {
            assert_eq!(Host::parse(text), None, "{text}");
        }
    }
}
