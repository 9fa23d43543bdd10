//! How the dashboard is reached: under which URL, and what says where its clients are.

use std::net::SocketAddr;

use app::redirects::PortalOrigin;
use axum_client_ip::ClientIpSource;
use url::{Host, Url};

/// How the dashboard is reached. Links to it and its cookies follow this, never what a request says of itself.
#[derive(Clone, Debug)]
pub struct Reach {
    url: Url,
    client_address: ClientIpSource,
}

/// Why a text is not the dashboard's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give the URL that people open, like https://dashboard.myapp.com: https (http only for this machine), a host, no path")]
pub struct NotADashboard;

impl Reach {
    /// From what is configured; without a URL, people open the address that the server listens on.
    ///
    /// # Errors
    /// The address has no URL.
    pub fn new(configured: Option<Url>, listen: SocketAddr, client_address: ClientIpSource) -> anyhow::Result<Self> {
        let url = configured.map_or_else(|| Url::parse(&format!("http://{listen}")), Ok)?;
        Ok(Self { url, client_address })
    }

    /// The URL of a page of the dashboard. The query is kept out of logs, so a secret goes there.
    pub fn link(&self, page: &str, token: &str) -> String {
        format!("{}{page}?token={token}", self.url.as_str().trim_end_matches('/'))
    }

    /// What says where a client is.
    pub(crate) fn client_address(&self) -> &ClientIpSource {
        &self.client_address
    }

    /// Whether the dashboard answers under that host name: its own, or one of this machine's.
    pub(crate) fn is_own(&self, host: &str) -> bool {
        self.is_configured(host) || is_loopback(host)
    }

    /// Whether somebody who asks under that host name has TLS in between. On this machine itself there need not be any.
    pub(crate) fn is_secure(&self, host: &str) -> bool {
        self.url.scheme() == "https" && self.is_configured(host)
    }

    /// Whether a portal of that origin would have to be at the dashboard's host. With TLS that one is the dashboard's alone; on
    /// this machine they share it.
    pub(crate) fn is_taken_by(&self, origin: &PortalOrigin) -> bool {
        Url::parse(origin.as_str()).is_ok_and(|url| url.host_str().is_some_and(|host| self.is_secure(host)))
    }

    /// Whether it is the host name of the dashboard's own URL.
    pub(crate) fn is_configured(&self, host: &str) -> bool {
        self.url.host_str() == Some(host)
    }
}

/// Reads the dashboard's URL.
///
/// # Errors
/// It is none that people could safely sign in at.
pub(crate) fn dashboard_url(text: &str) -> Result<Url, NotADashboard> {
    let url = Url::parse(text.trim()).map_err(|_| NotADashboard)?;
    let host = url.host_str().ok_or(NotADashboard)?;
    let whole =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    let safe = url.scheme() == "https" || url.scheme() == "http" && is_loopback(host);
    if whole && safe && !host.ends_with('.') { Ok(url) } else { Err(NotADashboard) }
}

/// Whether a host name, as URLs have it, is one of this machine's own.
pub(crate) fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dashboard_is_at_a_host_with_tls_or_on_this_machine() {
        for url in [
            "https://dashboard.myapp.com",
            " https://dashboard.myapp.com:8443/ ",
            "http://localhost:3000",
            "http://127.0.0.1",
            "http://[::1]:3000/",
        ] {
            assert!(dashboard_url(url).is_ok(), "{url}");
        }
        for url in [
            "",
            "dashboard.myapp.com",
            "http://dashboard.myapp.com",
            "ftp://localhost",
            "https://a.com/x",
            "https://a.com/?x",
            "https://a@a.com",
            "https://a.com.",
            "https://",
        ] {
            assert_eq!(dashboard_url(url), Err(NotADashboard), "{url}");
        }
    }

    #[test]
    fn links_lead_to_where_people_open_it() {
        let listen = "127.0.0.1:4000".parse().unwrap();
        let here = Reach::new(None, listen, ClientIpSource::ConnectInfo).unwrap();
        assert_eq!(here.link("/account/setup", "abc"), "http://127.0.0.1:4000/account/setup?token=abc");
        assert!(here.is_own("localhost") && here.is_own("127.0.0.1") && !here.is_own("myapp.com") && !here.is_secure("127.0.0.1"));
        let there = Reach::new(dashboard_url("https://d.myapp.com").ok(), listen, ClientIpSource::ConnectInfo).unwrap();
        assert_eq!(there.link("/account/setup", "abc"), "https://d.myapp.com/account/setup?token=abc");
        assert!(there.is_secure("d.myapp.com") && !there.is_secure("localhost") && there.is_own("localhost") && !there.is_own("myapp.com"));
    }
}
