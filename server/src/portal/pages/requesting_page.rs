//! Where a visitor has come from. In development the page that led them here may have them back; in production that never counts,
//! since a stranger's page could ask for its own visitors, signed in.

use app::redirects::{Environment, RequestingOrigin};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use url::Url;

use crate::http::{
    cookies::{self, Visitors},
    layers::asked_host,
};

/// The page that a visitor has come from, as far as it counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrival {
    /// Its origin.
    pub(super) origin: Option<String>,
    /// Whether the browser remembers another one, or none, through the next steps.
    is_new: bool,
}

/// A request, as far as it says where a visitor has come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a axum::http::Uri,
    pub(super) headers: &'a HeaderMap,
    /// What the portal's paths begin with.
    pub(super) base: &'a str,
}

impl Arrival {
    /// Reads it from a request, or from what an earlier one has left in a cookie. Nothing that a link says can set it.
    pub(super) fn of(asking: Asking<'_>, environment: Environment, visitors: Visitors) -> Self {
        if environment == Environment::Production {
            return Self::default();
        }
        let before = cookies::requesting(asking.headers, visitors).filter(|origin| RequestingOrigin::parse(origin).is_some());
        let referer = asking.headers.get(header::REFERER).and_then(|value| value.to_str().ok()).and_then(|value| Url::parse(value).ok());
        let own = referer.as_ref().is_some_and(|referer| is_own(referer, asking));
        // A form is sent by a page of ours; whose it was, its first request has said.
        if own || !matches!(*asking.method, Method::GET | Method::HEAD) {
            return Self { origin: before, is_new: false };
        }
        let origin =
            referer.map(|referer| referer.origin().ascii_serialization()).filter(|origin| RequestingOrigin::parse(origin).is_some());
        Self { is_new: origin != before, origin }
    }

    /// The origin, for the resolver.
    pub(super) fn requesting(&self) -> Option<RequestingOrigin> {
        self.origin.as_deref().and_then(RequestingOrigin::parse)
    }

    /// Lets the browser remember it.
    pub(super) fn remember(&self, headers: &mut HeaderMap<HeaderValue>, visitors: Visitors) {
        if self.is_new {
            cookies::set_requesting(headers, visitors, self.origin.as_deref());
        }
    }
}

/// Whether a page is one of this portal's own. Under a path of the dashboard's host, the dashboard is none of it.
fn is_own(referer: &Url, asking: Asking<'_>) -> bool {
    let Some(host) = asked_host(asking.headers, asking.uri) else { return false };
    let here = Url::parse(&format!("{}://{host}", referer.scheme()));
    let below = referer.path().strip_prefix(asking.base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    here.is_ok_and(|here| here.origin() == referer.origin()) && below
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISITORS: Visitors = Visitors { instance: 7, secure: false };
    const APP: &str = "http://localhost:5173";

    fn arrival(method: Method, base: &str, referer: Option<&str>, cookie: Option<&str>) -> (Option<String>, bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("accounts.myapp.test:3000"));
        if let Some(referer) = referer {
            headers.insert(header::REFERER, HeaderValue::from_str(referer).unwrap());
        }
        if let Some(cookie) = cookie {
            headers.insert(header::COOKIE, HeaderValue::from_str(&format!("portal-redirects-from-7={cookie}")).unwrap());
        }
        let uri = axum::http::Uri::from_static("/sign-in?requesting_origin=http://evil.example");
        let asking = Asking { method: &method, uri: &uri, headers: &headers, base };
        let production = Arrival::of(asking, Environment::Production, VISITORS);
        assert!(production.origin.is_none() && !production.is_new, "never in production");
        let Arrival { origin, is_new } = Arrival::of(asking, Environment::Development, VISITORS);
        (origin, is_new)
    }

    #[test]
    fn the_page_that_led_here_is_remembered() {
        let here = Some(APP.to_owned());
        let referer = format!("{APP}/page?x#y");
        assert_eq!(arrival(Method::GET, "", Some(&referer), None), (here.clone(), true));
        assert_eq!(arrival(Method::GET, "", Some(&referer), Some("http://other.test")), (here.clone(), true));
        assert_eq!(arrival(Method::GET, "", Some(&referer), Some(APP)), (here, false));
    }

    #[test]
    fn it_is_kept_through_the_portals_own_steps() {
        let here = Some(APP.to_owned());
        let own = "http://accounts.myapp.test:3000/sign-up?redirect_url=x";
        assert_eq!(arrival(Method::GET, "", Some(own), Some(APP)), (here.clone(), false));
        assert_eq!(arrival(Method::POST, "", Some(own), Some(APP)), (here.clone(), false));
        assert_eq!(arrival(Method::POST, "", None, Some(APP)), (here.clone(), false));
        // Behind a proxy that takes TLS off.
        assert_eq!(arrival(Method::GET, "", Some("https://accounts.myapp.test:3000/user"), Some(APP)), (here, false));
    }

    #[test]
    fn who_arrives_anew_by_a_link_brings_nobody_along() {
        assert_eq!(arrival(Method::GET, "", None, Some(APP)), (None, true));
        assert_eq!(arrival(Method::GET, "", None, None), (None, false));
        assert_eq!(arrival(Method::GET, "", Some("about:blank"), Some(APP)), (None, true));
        assert_eq!(arrival(Method::GET, "", None, Some("javascript:alert(1)")), (None, false));
        assert_eq!(arrival(Method::POST, "", Some("http://evil.example/"), None), (None, false));
    }

    #[test]
    fn the_dashboard_is_no_page_of_a_portal_below_it() {
        let base = "/portal/my-app";
        let dashboard = "http://accounts.myapp.test:3000/portal/my-app-2/sign-in";
        let origin = Some("http://accounts.myapp.test:3000".to_owned());
        assert_eq!(arrival(Method::GET, base, Some(dashboard), None), (origin, true));
        assert_eq!(
            arrival(Method::GET, base, Some("http://accounts.myapp.test:3000/portal/my-app/user"), Some(APP)),
            (Some(APP.to_owned()), false)
        );
    }
}
