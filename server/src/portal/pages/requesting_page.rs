//! The page that a visitor came from. In development it may get its visitor back. In production it never counts: a stranger's page
//! could get its visitors back, signed in.

use app::identity_provider::CALLBACK;
use app::redirects::{CONTINUE, Environment, RequestingOrigin};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use url::Url;

use crate::{http::host::asked_host, portal::cookies::VisitorCookies};

/// The page that a visitor came from, if it counts.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestingPage {
    /// Its origin.
    pub(super) origin: Option<String>,
    /// Whether the cookie holds another origin, or none.
    is_new: bool,
}

/// The parts of a request that say where its visitor came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestHead<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a axum::http::Uri,
    pub(super) headers: &'a HeaderMap,
    /// What the portal's paths begin with.
    pub(super) base: &'a str,
}

impl RequestingPage {
    /// Reads it from a request, or from the cookie that an earlier response has set. No parameter of a link can set it.
    pub(super) fn of(head: RequestHead<'_>, environment: Environment, cookies: VisitorCookies) -> Self {
        if !RequestingOrigin::referer_counts(environment) {
            return Self::default();
        }
        let before = cookies.requesting_origin(head.headers).filter(|origin| RequestingOrigin::parse(origin).is_some());
        let referer = head.headers.get(header::REFERER).and_then(|value| value.to_str().ok()).and_then(|value| Url::parse(value).ok());
        let own = referer.as_ref().is_some_and(|referer| is_own_page(referer, head));
        // A form is sent by one of the portal's pages, and its answer leads to `/continue`. The request that led to that page has set the
        // cookie.
        // So does the provider, in the middle of a flow.
        let continues = [CONTINUE, CALLBACK].iter().any(|path| head.uri.path().ends_with(path));
        if own || continues || !matches!(*head.method, Method::GET | Method::HEAD) {
            return Self { origin: before, is_new: false };
        }
        let origin =
            referer.map(|referer| referer.origin().ascii_serialization()).filter(|origin| RequestingOrigin::parse(origin).is_some());
        Self { is_new: origin != before, origin }
    }

    /// The origin, as the resolver takes it.
    pub(super) fn requesting_origin(&self) -> Option<RequestingOrigin> {
        self.origin.as_deref().and_then(RequestingOrigin::parse)
    }

    /// Makes the browser remember it, through the next pages.
    pub(super) fn remember(&self, headers: &mut HeaderMap<HeaderValue>, cookies: VisitorCookies) {
        if self.is_new {
            cookies.set_requesting_origin(headers, self.origin.as_deref());
        }
    }
}

/// Whether a page is one of this portal's own. Below a path of the dashboard's host, the dashboard's pages are not.
fn is_own_page(referer: &Url, head: RequestHead<'_>) -> bool {
    let Some(host) = asked_host(head.headers, head.uri) else { return false };
    let here = Url::parse(&format!("{}://{host}", referer.scheme()));
    let below = referer.path().strip_prefix(head.base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    here.is_ok_and(|here| here.origin() == referer.origin()) && below
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIES: VisitorCookies = VisitorCookies { instance: 7, secure: false };
    const APP: &str = "http://localhost:5173";

    fn requesting(method: Method, base: &str, referer: Option<&str>, cookie: Option<&str>) -> (Option<String>, bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("accounts.myapp.test:3000"));
        if let Some(referer) = referer {
            headers.insert(header::REFERER, HeaderValue::from_str(referer).unwrap());
        }
        if let Some(cookie) = cookie {
            headers.insert(header::COOKIE, HeaderValue::from_str(&format!("portal-redirects-from-7={cookie}")).unwrap());
        }
        let uri = axum::http::Uri::from_static("/sign-in?requesting_origin=http://evil.example");
        let head = RequestHead { method: &method, uri: &uri, headers: &headers, base };
        let production = RequestingPage::of(head, Environment::Production, COOKIES);
        assert!(production.origin.is_none() && !production.is_new, "never in production");
        let RequestingPage { origin, is_new } = RequestingPage::of(head, Environment::Development, COOKIES);
        (origin, is_new)
    }

    #[test]
    fn the_page_that_the_visitor_came_from_is_remembered() {
        let here = Some(APP.to_owned());
        let referer = format!("{APP}/page?x#y");
        assert_eq!(requesting(Method::GET, "", Some(&referer), None), (here.clone(), true));
        assert_eq!(requesting(Method::GET, "", Some(&referer), Some("http://other.test")), (here.clone(), true));
        assert_eq!(requesting(Method::GET, "", Some(&referer), Some(APP)), (here, false));
    }

    #[test]
    fn it_is_kept_through_the_portals_own_pages() {
        let here = Some(APP.to_owned());
        let own = "http://accounts.myapp.test:3000/sign-up?redirect_url=x";
        assert_eq!(requesting(Method::GET, "", Some(own), Some(APP)), (here.clone(), false));
        assert_eq!(requesting(Method::POST, "", Some(own), Some(APP)), (here.clone(), false));
        assert_eq!(requesting(Method::POST, "", None, Some(APP)), (here.clone(), false));
        // Behind a proxy that ends TLS.
        assert_eq!(requesting(Method::GET, "", Some("https://accounts.myapp.test:3000/user"), Some(APP)), (here, false));
    }

    #[test]
    fn a_new_visit_without_a_web_page_before_it_forgets_the_last_one() {
        assert_eq!(requesting(Method::GET, "", None, Some(APP)), (None, true));
        assert_eq!(requesting(Method::GET, "", None, None), (None, false));
        assert_eq!(requesting(Method::GET, "", Some("about:blank"), Some(APP)), (None, true));
        assert_eq!(requesting(Method::GET, "", None, Some("javascript:alert(1)")), (None, false));
        assert_eq!(requesting(Method::POST, "", Some("http://evil.example/"), None), (None, false));
    }

    #[test]
    fn another_portals_page_on_the_same_host_is_not_an_own_page() {
        let base = "/portal/my-app";
        let dashboard = "http://accounts.myapp.test:3000/portal/my-app-2/sign-in";
        let origin = Some("http://accounts.myapp.test:3000".to_owned());
        assert_eq!(requesting(Method::GET, base, Some(dashboard), None), (origin, true));
        assert_eq!(
            requesting(Method::GET, base, Some("http://accounts.myapp.test:3000/portal/my-app/user"), Some(APP)),
            (Some(APP.to_owned()), false)
        );
    }
}
