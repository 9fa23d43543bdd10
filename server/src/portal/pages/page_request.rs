//! A visitor's request for a hosted page: of which instance, with which link, from where, and in which session.

use std::sync::{Arc, OnceLock, atomic::AtomicBool};

use app::{
    credentials::client::Client,
    portal::{
        address::{Address, AfterSignIn},
        ended_flow,
        view::Notice,
    },
    redirects::{Environment, Flow, LinkParams, MAX_QUERY_BYTES, Page, Prefill, Visit, resolve},
};
use axum::{
    Extension,
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use url::Url;

use super::{
    client_address::ClientAddress,
    context::PageContext,
    requesting_page::{RequestHead, RequestingPage},
    response::{self, misdirected},
};
use crate::{
    http::{
        forwarded::is_forwarded,
        host::{asked_host, host_name},
    },
    portal::{
        cookies::VisitorCookies,
        oidc::issuer::Issuer,
        problem_details::ProblemDetails,
        snapshot::{FoundInstance, Snapshot, Snapshots},
        visits::is_visit,
    },
};

/// A visitor's request for a page of an instance whose pages are served.
pub(in crate::portal) struct PageRequest {
    pub(in crate::portal) snapshot: Snapshot,
    /// See [`PageRequest::address`].
    address: OnceLock<Address>,
    pub(super) requesting_page: RequestingPage,
    pub(in crate::portal) cookies: VisitorCookies,
    /// The visitor's browser, with the session that it has.
    pub(in crate::portal) client: Client,
    /// The page that the visitor wanted before they were asked to sign in.
    pub(in crate::portal) after_sign_in: Option<AfterSignIn>,
    pub(in crate::portal) context: Arc<PageContext>,
    /// Whether it counts as a visit when its flow ends.
    pub(super) is_visit: bool,
    /// Whether the visitor was found in the session cache only, since the database did not answer.
    pub(super) is_from_cache: AtomicBool,
    /// Whether a page of this portal led here, as far as the browser says.
    pub(super) is_same_origin: bool,
    /// Whether a browser asks for a page. Other clients are redirected at once, and follow no page's link.
    pub(super) is_browser: bool,
    /// The page that the address names.
    pub(super) page: Option<Page>,
    /// The host that the browser has asked, with its port.
    asked: String,
    /// Its name.
    host: String,
    /// What the portal's paths begin with.
    base: String,
    query: String,
}

impl FromRequestParts<Snapshots> for PageRequest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, snapshots: &Snapshots) -> Result<Self, Response> {
        let Ok(FoundInstance(found)) = FoundInstance::from_request_parts(parts, snapshots).await;
        let without = |_| StatusCode::INTERNAL_SERVER_ERROR.into_response();
        let Extension(context) = Extension::<Arc<PageContext>>::from_request_parts(parts, snapshots).await.map_err(without)?;
        let base = base_path(parts).await;
        Self::new(parts, found, base, context)
    }
}

impl PageRequest {
    /// The request for a page of the instance that was found, or the response that takes the page's place.
    #[expect(clippy::result_large_err, reason = "the response is sent as it is")]
    pub(super) fn new(
        parts: &Parts,
        found: Result<Snapshot, ProblemDetails>,
        base: String,
        context: Arc<PageContext>,
    ) -> Result<Self, Response> {
        let snapshot = match found {
            Ok(snapshot) => snapshot,
            Err(ProblemDetails::Unavailable) => return Err(response::notice(None, Notice::Unavailable)),
            Err(_) => return Err(unknown_instance(parts, &context)),
        };
        if let Some(closed) = response::closed(&snapshot) {
            return Err(closed);
        }
        let host = asked_host(&parts.headers, &parts.uri).and_then(|asked| Some((asked, host_name(asked)?)));
        let (asked, host) = host.ok_or_else(|| misdirected(parts))?;
        let secure = is_secure(asked, &host, &context, &snapshot, &base).ok_or_else(|| misdirected(parts))?;
        // Behind a proxy with TLS that does not pass on the browser's host, the cookies of production's visitors would lack `Secure`.
        if !secure && snapshot.instance.environment() == Environment::Production && is_forwarded(&parts.headers) {
            return Err(misdirected(parts));
        }
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let cookies = VisitorCookies { instance: snapshot.id, secure };
        let head = RequestHead { method: &parts.method, uri: &parts.uri, headers: &parts.headers, base: &base };
        let requesting_page = RequestingPage::of(head, snapshot.instance.environment(), cookies);
        let client = Client {
            address: parts.extensions.get::<ClientAddress>().and_then(|ClientAddress(address)| *address),
            browser: parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned(),
            session: cookies.session(&parts.headers),
            device: None,
        };
        let is_visit = parts.method != Method::HEAD && is_visit(&query, &parts.headers);
        let is_too_long = query.len() > MAX_QUERY_BYTES;
        let request = Self {
            address: OnceLock::new(),
            requesting_page,
            cookies,
            client,
            after_sign_in: None,
            context,
            is_visit,
            is_from_cache: AtomicBool::new(false),
            is_same_origin: parts.headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin"),
            is_browser: is_browser(&parts.headers),
            page: Page::at(page_path(parts.uri.path(), &base)),
            query: String::new(),
            asked: asked.to_owned(),
            host,
            base,
            snapshot,
        };
        if is_too_long { Err(request.with_link(String::new()).notice(Notice::LinkTooLong)) } else { Ok(request.with_link(query)) }
    }

    /// The same request with the link's parameters in `query`.
    pub(in crate::portal) fn with_link(self, query: String) -> Self {
        Self { address: OnceLock::new(), after_sign_in: AfterSignIn::read(&query), query, ..self }
    }

    /// The addresses of the portal's pages, with the link's parameters. A visitor who only moves on needs none of them.
    pub(in crate::portal) fn address(&self) -> &Address {
        self.address.get_or_init(|| {
            let (link, requesting) = (self.link(), self.requesting_page.requesting_origin());
            let visit = Visit { flow: Flow::Logo, link: &link, requesting: requesting.as_ref(), now: None };
            // Cancel has no rule of its own. It leads where the logo does, which is the instance's own way out.
            let exit = resolve(&self.snapshot.instance, &self.snapshot.fallbacks, visit).target;
            Address::new(self.base.clone(), &link, self.after_sign_in, String::from(exit))
        })
    }

    /// The query, as it was asked for.
    pub(in crate::portal) fn query(&self) -> &str {
        &self.query
    }

    /// The addresses of the portal's pages, with the parameters of another link.
    pub(in crate::portal) fn address_with(&self, query: &str) -> Address {
        Address::new(self.base.clone(), &LinkParams::read(query), None, String::new())
    }

    /// A path of the portal as a URL at the host that the browser has asked.
    pub(super) fn own_url(&self, path: &str) -> Option<Url> {
        let scheme = if self.cookies.secure { "https" } else { "http" };
        Url::parse(&format!("{scheme}://{}{path}", self.asked)).ok()
    }

    /// The issuer of tokens, where there is one.
    pub(in crate::portal) fn issuer(&self) -> Option<Issuer> {
        Issuer::of(&self.host, &self.context, &self.snapshot, !self.base.is_empty())
    }

    /// The origin under which the portal's pages are, as it is configured.
    fn origin(&self) -> String {
        let portal = self.snapshot.instance.portal_origin();
        if self.base.is_empty() || portal.is_at(&self.asked) { portal.as_str().to_owned() } else { self.context.dashboard_url.page("") }
    }

    /// The parameters of the visitor's link.
    pub(super) fn link(&self) -> LinkParams<'_> {
        LinkParams::read(&self.query)
    }

    /// The URL of a path of this portal, for another site.
    pub(super) fn external_url(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin(), self.base)
    }

    /// Whether the page reads the parameters of a link that redirect.
    pub(super) fn reads_link(&self) -> bool {
        self.page.is_some_and(|page| page.flow().is_some())
    }

    /// The flow that the address names.
    pub(super) fn named_flow(&self) -> Option<Flow> {
        ended_flow::read_flow(&self.query)
    }

    /// A parameter of the page's own, which no link carries on.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// The absolute URL of a page of this portal for a mail, with the link's parameters that redirect. It follows the settings, never what
    /// the request says of its host: else somebody could have a mail sent that leads to a host of theirs.
    pub(super) fn mailed_page(&self, path: &str) -> String {
        let mut link = self.link();
        // The mail knows its recipient, and others may have chosen these.
        link.prefill = Prefill::default();
        let page = Address::new(self.base.clone(), &link, self.after_sign_in, String::new()).to_path(path);
        format!("{}{page}", self.origin())
    }

    /// What the page has just done and now confirms. A link from elsewhere can't claim that: visitors who are told that all is well
    /// look no further.
    pub(super) fn done(&self) -> Option<String> {
        let parameters = || url::form_urlencoded::parse(self.query.as_bytes());
        self.is_same_origin.then(|| parameters().find(|(name, _)| name == "done").map(|(_, what)| what.into_owned())).flatten()
    }
}

/// The path below what the portal's paths begin with. The slug is one segment, however it is encoded.
pub(super) fn page_path<'a>(path: &'a str, base: &str) -> &'a str {
    if base.is_empty() {
        return path;
    }
    let below = path.trim_start_matches('/').splitn(3, '/').nth(2).map_or(0, str::len);
    // With the slash before it, if there is anything.
    &path[path.len() - (below + usize::from(below > 0))..]
}

/// Whether a browser asks for a page that it shows in a window. Browsers send `Sec-Fetch-Mode`, except old ones, and those that don't
/// trust the connection. A frame shows no page of the portal, but follows a redirect.
fn is_browser(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-mode") {
        Some(mode) => mode == "navigate" && headers.get("sec-fetch-dest").is_none_or(|shown| shown == "document"),
        None => headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/html")),
    }
}

/// What the portal's paths begin with: nothing at its own host.
async fn base_path(parts: &mut Parts) -> String {
    let Ok(params) = RawPathParams::from_request_parts(parts, &()).await else { return String::new() };
    params.iter().find(|(name, _)| *name == "slug").map(|(_, slug)| format!("/portal/{slug}")).unwrap_or_default()
}

/// Whether the visitor's connection has TLS; `None` if the host that was asked, with this name, is not one of this portal's. Pages below
/// `/portal/{slug}` are served at the dashboard's host, but not at another portal's, where an instance could pass for that one.
fn is_secure(asked: &str, name: &str, context: &PageContext, snapshot: &Snapshot, base: &str) -> Option<bool> {
    // The dashboard's own host is no portal's, whatever an instance's portal origin says.
    if base.is_empty() && context.dashboard_url.is_secure(name) {
        return None;
    }
    let origin = snapshot.instance.portal_origin();
    let secure = origin.as_str().starts_with("https://");
    if base.is_empty() || origin.is_at(asked) {
        Some(secure)
    } else {
        context.dashboard_url.is_own(name).then(|| context.dashboard_url.is_secure(name))
    }
}

/// The response if there is no such instance. At an unknown host, nothing is served at all.
fn unknown_instance(parts: &Parts, context: &PageContext) -> Response {
    let is_known = asked_host(&parts.headers, &parts.uri).and_then(host_name).is_some_and(|host| context.dashboard_url.is_own(&host));
    if is_known { response::notice(None, Notice::NotFound) } else { misdirected(parts) }
}
