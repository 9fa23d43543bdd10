//! The responses of the hosted pages: a page, a notice in its place, or a redirect, each with its headers.

use app::{
    instances::stored::StoredInstance,
    portal::{
        address::Page,
        view::{self, Brand, Document, FORM_PAGE, FormError, Inlined, LOCAL_TIMES, MOVE_ON, Notice, ProxyMistake},
    },
    redirects::{Flow, Visit, resolve},
};
use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Response},
};
use leptos::prelude::*;
use serde_json::json;
use time::OffsetDateTime;
use url::Url;

use super::{content_security_policy::policy, page_request::PageRequest, prepared::PreparedPage};
use crate::{
    http::host::{asked_host, host_name, is_internal},
    observe::{metrics, sampled::Sampled},
};

/// After how many seconds a visitor may try again while the database does not answer.
const RETRY_SECONDS: u64 = 5;

/// Requests whose host shows that a proxy does not pass on the browser's.
static MISDIRECTED: Sampled = Sampled::new();

impl PageRequest {
    /// A page.
    pub(super) fn show(&self, heading: &'static str, body: impl IntoView + 'static) -> Response {
        let script = match self.page {
            Some(Page::User) => Some(&*LOCAL_TIMES),
            _ => self.reads_link().then(|| &*FORM_PAGE),
        };
        let document = self.document(heading, script, None, self.address().exit_url.clone());
        self.page_response(script, document.render(body.into_any()))
    }

    /// What is around a page whose logo leads to that exit.
    pub(super) fn document(
        &self,
        heading: &'static str,
        script: Option<&'static Inlined>,
        refresh: Option<String>,
        exit_url: String,
    ) -> Document {
        let brand = Some(Brand { logo_url: Some(exit_url), ..brand(&self.snapshot) });
        let reads_link = self.reads_link() && refresh.is_none();
        let is_insecure_http = self.context.dashboard_url.is_insecure_http();
        Document { brand, heading, script, reads_link, refresh, is_insecure_http }
    }

    /// The response that shows a page.
    pub(super) fn page_response(&self, script: impl Into<Option<&'static Inlined>>, page: String) -> Response {
        self.with_headers(html(&policy(script.into(), true), page))
    }

    /// A page again, after its form was rejected.
    pub(super) fn show_rejected(&self, heading: &'static str, error: &FormError, body: impl IntoView + 'static) -> Response {
        let (status, retry_after) = match error {
            FormError::Fields(_) => (StatusCode::UNPROCESSABLE_ENTITY, None),
            FormError::RateLimited(seconds) => (StatusCode::TOO_MANY_REQUESTS, Some(*seconds)),
            FormError::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, Some(RETRY_SECONDS)),
        };
        with_status(self.show(heading, body), status, retry_after)
    }

    /// A notice in the page's place.
    pub(in crate::portal) fn notice(&self, notice: Notice) -> Response {
        let (status, retry_after) = status_of(&notice);
        with_status(self.show(notice.heading(), view::notice(notice)), status, retry_after)
    }

    /// A redirect (303).
    pub(in crate::portal) fn redirect(&self, address: &str) -> Response {
        self.with_headers(redirect(address))
    }

    /// A redirect to a page of the portal.
    pub(super) fn redirect_to(&self, page: Page) -> Response {
        self.redirect(&self.address().to(page))
    }

    /// The target of a flow by the rules as they are now, whatever they were when the page was loaded.
    pub(super) fn target(&self, flow: Flow) -> Url {
        let (link, requesting) = (self.link(), self.requesting_page.requesting_origin());
        let visit = Visit { flow, link: &link, requesting: requesting.as_ref(), now: Some(OffsetDateTime::now_utc().into()) };
        let resolution = resolve(&self.snapshot.instance, &self.snapshot.fallbacks, visit);
        metrics::count_resolution(&resolution);
        if self.is_visit {
            self.context.visits.count(&self.snapshot, visit, &resolution);
        }
        resolution.target
    }

    /// The page that moves on to a URL by itself. A redirect would carry a fragment of the page's address on to the URL, which has none
    /// or its own.
    pub(super) fn move_on_to(&self, url: &Url) -> Response {
        let values = &[url.as_str(), url.host_str().unwrap_or_default()];
        let page = PreparedPage { heading: "Almost there", script: &MOVE_ON, values, refreshes: true };
        self.show_prepared(page, |_, values| {
            let mut values = values.into_iter();
            view::move_on(values.next().unwrap_or_default(), values.next().unwrap_or_default()).into_any()
        })
    }

    fn with_headers(&self, mut response: Response) -> Response {
        self.requesting_page.remember(response.headers_mut(), self.cookies);
        if self.cookies.secure {
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, self.context.transport_security.header());
        }
        response
    }
}

/// The notice of an instance whose portal is closed or whose pages are switched off; `None` if its pages are served.
pub(super) fn closed(stored: &StoredInstance) -> Option<Response> {
    let name = || stored.instance.name().to_owned();
    let shown = if stored.archived_at.is_some() {
        Notice::Closed(name())
    } else if !stored.portal_enabled {
        Notice::SwitchedOff(name())
    } else {
        return None;
    };
    Some(notice(Some(brand(stored)), shown))
}

/// A notice outside of any page.
pub(super) fn notice(brand: Option<Brand>, notice: Notice) -> Response {
    let (status, retry_after) = status_of(&notice);
    let document = Document { brand, heading: notice.heading(), script: None, reads_link: false, refresh: None, is_insecure_http: false };
    let page = document.render(view::notice(notice));
    with_status(html(&policy(None, false), page), status, retry_after)
}

/// The response at a host that no portal has.
pub(in crate::portal) fn misdirected(parts: &Parts) -> Response {
    let host = asked_host(&parts.headers, &parts.uri).map(str::to_owned);
    if host.as_deref().and_then(host_name).is_some_and(|host| is_internal(&host)) {
        MISDIRECTED.note(|times| {
            tracing::warn!(
                times,
                "a request came with a host that only this machine or its network knows, and was refused; a proxy must pass on the host \
                 that the browser asked for, and --dashboard-url must be the URL that people open, on this machine too"
            );
        });
    }
    proxy_mistake(&parts.headers, ProxyMistake::Host(host))
}

/// What is wrong with the proxy in front: a page for a browser, else a problem (RFC 9457).
pub(in crate::portal) fn proxy_mistake(headers: &HeaderMap, mistake: ProxyMistake) -> Response {
    let detail = mistake.text();
    notice_or_problem(headers, Notice::Proxy(mistake), &detail)
}

/// A notice for a browser, else a problem (RFC 9457) with that detail.
pub(in crate::portal) fn notice_or_problem(headers: &HeaderMap, shown: Notice, detail: &str) -> Response {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if accepts.into_iter().any(|accepted| accepted.contains("text/html")) {
        return notice(None, shown);
    }
    let (status, retry_after) = status_of(&shown);
    let body = json!({"type": "about:blank", "title": shown.heading(), "status": status.as_u16(), "detail": detail});
    let mut response = with_status(Json(body).into_response(), status, retry_after);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An instance as its visitors see it, without a link.
fn brand(stored: &StoredInstance) -> Brand {
    Brand { name: stored.instance.name().to_owned(), environment: stored.instance.environment(), logo_url: None }
}

fn redirect(address: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(address) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response()
}

fn html(policy: &str, document: String) -> Response {
    let mut response = Html(document).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn status_of(notice: &Notice) -> (StatusCode, Option<u64>) {
    match notice {
        Notice::NotFound | Notice::SwitchedOff(_) => (StatusCode::NOT_FOUND, None),
        Notice::Closed(_) | Notice::InvitationEnded => (StatusCode::GONE, None),
        Notice::CookiesBlocked(_) => (StatusCode::FORBIDDEN, None),
        Notice::Unavailable | Notice::Waiting => (StatusCode::SERVICE_UNAVAILABLE, Some(RETRY_SECONDS)),
        Notice::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, Some(60)),
        Notice::InvalidForm | Notice::Authorization(_) | Notice::Proxy(ProxyMistake::ClientAddress(_)) => (StatusCode::BAD_REQUEST, None),
        Notice::FormTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, None),
        Notice::LinkTooLong => (StatusCode::URI_TOO_LONG, None),
        Notice::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, None),
        Notice::Proxy(ProxyMistake::Host(_)) => (StatusCode::MISDIRECTED_REQUEST, None),
    }
}

pub(super) fn with_status(mut response: Response, status: StatusCode, retry_after: Option<u64>) -> Response {
    *response.status_mut() = status;
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
