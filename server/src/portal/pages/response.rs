//! What every answer of a page is made with: its headers, the way on, and what is shown in a page's place.

use app::{
    portal::{
        identity::IdentityError,
        view::{self, Host, Notice, Problem},
    },
    redirects::{Flow, Outcome, Resolution, Visit as Visited, resolve},
};
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use leptos::{nonce::Nonce, prelude::*};

use super::{content_security_policy::policy, page_request::Visit};
use crate::http::layers::TRANSPORT_SECURITY;

/// In how many seconds something is worth another try that can't be done right now.
const RETRY_SECONDS: u64 = 5;

impl Visit {
    /// A page.
    pub(super) fn show(&self, heading: &'static str, body: impl IntoView + 'static) -> Response {
        let instance = &self.snapshot.instance;
        let host = Host { name: instance.name().to_owned(), environment: instance.environment(), logo: self.address.out.clone() };
        let nonce = Nonce::new().to_string();
        let policy = policy(&nonce, Some((instance, self.arrival.origin.as_deref())));
        self.remembering(page(&policy, view::document(Some(host), nonce, heading, body.into_any())))
    }

    /// A page again whose form was not taken.
    pub(super) fn show_again(&self, heading: &'static str, problem: &Problem, body: impl IntoView + 'static) -> Response {
        let (status, wait) = match problem {
            Problem::Fields(_) => (StatusCode::UNPROCESSABLE_ENTITY, None),
            Problem::Often(seconds) => (StatusCode::TOO_MANY_REQUESTS, Some(*seconds)),
            Problem::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, Some(RETRY_SECONDS)),
        };
        with_status(self.show(heading, body), status, wait)
    }

    /// What is shown in a page's place.
    pub(super) fn notice(&self, notice: Notice) -> Response {
        let (status, wait) = status_of(notice);
        with_status(self.show(notice.heading(), view::notice(notice)), status, wait)
    }

    /// Leads on to an address (303), whatever was asked with.
    pub(super) fn lead(&self, address: &str) -> Response {
        self.remembering(lead(address))
    }

    /// Ends a flow: leads to where the rules say now, whatever they were when the page was opened.
    pub(super) fn finish(&self, flow: Flow) -> Response {
        let (link, requesting) = (self.link(), self.arrival.requesting());
        let visited = Visited { flow, link: &link, requesting: requesting.as_ref() };
        // The same function as for the API, with what the link says now.
        let resolution = resolve(&self.snapshot.instance, &self.snapshot.fallbacks, visited);
        count(&resolution);
        self.lead(resolution.target.as_str())
    }

    /// Goes on after signing in or up: to what the visitor was about to do, else to where the flow ends.
    pub(super) fn go_on(&self, flow: Flow) -> Response {
        match self.then {
            Some(then) => self.lead_to(then.page()),
            None => self.finish(flow),
        }
    }

    fn remembering(&self, mut response: Response) -> Response {
        self.arrival.remember(response.headers_mut(), self.visitors);
        if self.visitors.secure {
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TRANSPORT_SECURITY));
        }
        response
    }
}

/// What is shown in a page's place where no instance is known.
pub(super) fn notice(host: Option<Host>, notice: Notice) -> Response {
    let (status, wait) = status_of(notice);
    let nonce = Nonce::new().to_string();
    let policy = policy(&nonce, None);
    with_status(page(&policy, view::document(host, nonce, notice.heading(), view::notice(notice).into_any())), status, wait)
}

/// Leads on to an address (303).
pub(super) fn lead(address: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(address) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response()
}

/// The answer under a host name that nobody knows.
pub(super) fn misdirected() -> Response {
    (StatusCode::MISDIRECTED_REQUEST, "Nothing is served under this host name.\n").into_response()
}

/// What keeps a form from being taken, as its page says it. That is kept elsewhere is said to the form as a whole.
pub(super) fn problem_of(error: IdentityError) -> Problem {
    match error {
        IdentityError::Fields(errors) => Problem::Fields(errors),
        IdentityError::NotHere => {
            let message = "This is kept where you sign in, and can only be changed there.";
            Problem::Fields(vec![app::ui::form::FieldError::new("", message)])
        }
        IdentityError::Unavailable => Problem::Unavailable,
    }
}

fn page(policy: &str, document: String) -> Response {
    let mut response = Html(document).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn status_of(notice: Notice) -> (StatusCode, Option<u64>) {
    match notice {
        Notice::Missing => (StatusCode::NOT_FOUND, None),
        Notice::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, Some(RETRY_SECONDS)),
        Notice::NotAForm => (StatusCode::BAD_REQUEST, None),
        Notice::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, None),
        Notice::LongLink => (StatusCode::URI_TOO_LONG, None),
        Notice::Method => (StatusCode::METHOD_NOT_ALLOWED, None),
    }
}

fn with_status(mut response: Response, status: StatusCode, wait: Option<u64>) -> Response {
    *response.status_mut() = status;
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Counts a flow that has ended.
fn count(resolution: &Resolution<'_>) {
    let refused = resolution.steps.iter().find_map(|step| match step.outcome {
        Outcome::Refused { reason } => serde_json::to_value(reason).ok(),
        _ => None,
    });
    let refused = refused.as_ref().and_then(serde_json::Value::as_str).unwrap_or("none").to_owned();
    metrics::counter!("portal_resolutions_total", "flow" => resolution.flow.name(), "source" => resolution.source.name(), "refused" => refused)
        .increment(1);
}
