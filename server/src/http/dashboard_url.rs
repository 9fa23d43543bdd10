//! The URL under which people open the dashboard.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use super::insecure_http::is_private;

/// The dashboard's URL. Links to it and its cookies follow this, never what a request says of itself.
#[derive(Clone, Debug)]
pub struct DashboardUrl {
    url: Url,
    /// Whether people may open it by the addresses of a private network too, without TLS.
    insecure_http: bool,
}

/// Why a text is not the dashboard's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "give the URL that people open, like https://dashboard.myapp.com: https (http for loopback names only, or with --insecure-http for private addresses), a host, no path"
)]
pub struct NotADashboard;

impl DashboardUrl {
    /// The configured URL; without one, people open the address that the server listens on. Where it listens on all addresses, that is
    /// this machine's.
    ///
    /// # Errors
    /// The address can't be written as a URL.
    pub fn new(configured: Option<Url>, listen: SocketAddr) -> anyhow::Result<Self> {
        let own = || if listen.ip().is_unspecified() { format!("http://localhost:{}", listen.port()) } else { format!("http://{listen}") };
        Ok(Self { url: configured.map_or_else(|| Url::parse(&own()), Ok)?, insecure_http: false })
    }

    /// The same, opened by the addresses of a private network too if `--insecure-http` says so.
    #[must_use]
    pub fn with_insecure_http(self, insecure_http: bool) -> Self {
        Self { insecure_http, ..self }
    }

    /// Whether the dashboard is served without TLS to other machines.
    pub(crate) fn is_insecure_http(&self) -> bool {
        self.insecure_http
    }

    /// The URL of a page of the dashboard. The query is kept out of logs, so a secret goes there.
    pub fn link(&self, page: &str, token: &str) -> String {
        format!("{}?token={token}", self.page(page))
    }

    /// The URL of a page of the dashboard, without a query.
    pub(crate) fn page(&self, page: &str) -> String {
        format!("{}{page}", self.url.as_str().trim_end_matches('/'))
    }

    /// Whether the dashboard answers under that host name: its own, or a loopback name while it is on this machine only. Behind TLS, a
    /// loopback name is what a proxy connects to that does not pass on the browser's host: nobody could sign in safely there. With
    /// `--insecure-http`, also a private address, which no site can point a name of its own to.
    pub(crate) fn is_own(&self, host: &str) -> bool {
        self.is_configured(host) || !self.has_tls() && is_loopback(host) || self.insecure_http && is_private_address(host)
    }

    /// Whether people open it over TLS, which a proxy in front terminates.
    pub(crate) fn has_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether a request for that host name came over TLS. Loopback names need none.
    pub(crate) fn is_secure(&self, host: &str) -> bool {
        self.has_tls() && self.is_configured(host)
    }

    /// The host name that is the dashboard's alone; `None` where portals may share it, as on loopback without TLS.
    pub(crate) fn own_host(&self) -> Option<String> {
        self.url.host_str().filter(|host| self.is_secure(host)).map(str::to_owned)
    }

    /// Whether it is the host name of the dashboard's own URL.
    pub(crate) fn is_configured(&self, host: &str) -> bool {
        self.url.host_str() == Some(host)
    }
}

/// Reads the dashboard's URL.
///
/// # Errors
/// Nobody could safely sign in at it.
pub(crate) fn dashboard_url(text: &str) -> Result<Url, NotADashboard> {
    let url = Url::parse(text.trim()).map_err(|_| NotADashboard)?;
    let host = url.host_str().ok_or(NotADashboard)?;
    let whole =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    let safe = url.scheme() == "https" || url.scheme() == "http" && (is_loopback(host) || is_private_address(host));
    if whole && safe && !host.ends_with('.') { Ok(url) } else { Err(NotADashboard) }
}

/// Whether a host name, as URLs write it, is an address of a private network.
fn is_private_address(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(address)) => is_private(IpAddr::V4(address)),
        Ok(Host::Ipv6(address)) => is_private(IpAddr::V6(address)),
        Ok(Host::Domain(_)) | Err(_) => false,
    }
}

/// Whether a host name, as URLs write it, is a loopback name.
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
            // Only with --insecure-http, which is checked where the server starts.
            "http://192.168.1.5:3000",
        ] {
            assert!(dashboard_url(url).is_ok(), "{url}");
        }
        for url in [
            "",
            "dashboard.myapp.com",
            "http://dashboard.myapp.com",
            "http://8.8.8.8",
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
        let here = DashboardUrl::new(None, listen).unwrap();
        assert_eq!(here.link("/account/setup", "abc"), "http://127.0.0.1:4000/account/setup?token=abc");
        assert!(here.is_own("localhost") && here.is_own("127.0.0.1") && !here.is_own("myapp.com") && !here.is_secure("127.0.0.1"));
        let there = DashboardUrl::new(dashboard_url("https://d.myapp.com").ok(), listen).unwrap();
        assert_eq!(there.link("/account/setup", "abc"), "https://d.myapp.com/account/setup?token=abc");
        assert!(
            there.is_secure("d.myapp.com") && !there.is_secure("localhost") && !there.is_own("localhost") && !there.is_own("myapp.com")
        );
    }

    #[test]
    fn private_addresses_are_the_dashboards_with_insecure_http_only() {
        let everywhere = DashboardUrl::new(None, "0.0.0.0:3000".parse().unwrap()).unwrap();
        assert_eq!(everywhere.page("/instances"), "http://localhost:3000/instances");
        let insecure = everywhere.clone().with_insecure_http(true);
        for host in ["192.168.1.5", "10.0.0.1", "[fd00::1]"] {
            assert!(insecure.is_own(host) && !insecure.is_secure(host) && !everywhere.is_own(host), "{host}");
        }
        // A name can be pointed anywhere.
        for host in ["8.8.8.8", "[2606:4700::1]", "myapp.com", "laptop.local", "0.0.0.0"] {
            assert!(!insecure.is_own(host), "{host}");
        }
    }
}
