//! The errors of the portal API, as `application/problem+json` (RFC 9457).

use app::redirects::Flow;
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// Why the portal API rejects a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProblemDetails {
    /// Neither the path nor the host names an instance.
    #[error("There is no instance of this slug, and no portal at this host.")]
    UnknownInstance,
    /// The instance is archived.
    #[error("This portal is closed.")]
    Closed,
    /// There is no such path.
    #[error("There is no such path. The portal API has /v1/redirects, /v1/resolve and /v1/session.")]
    UnknownPath,
    /// Only GET and HEAD.
    #[error("This path can only be read: use GET.")]
    Method,
    /// The parameter `flow` is missing or unknown.
    #[error("The parameter flow must name one of the flows.")]
    UnknownFlow,
    /// The query is longer than any link needs.
    #[error("The query is too long: 16,384 bytes at most.")]
    QueryTooLong,
    /// The page that asks is no application of the instance.
    #[error(
        "Only pages of the instance's application origins may ask this, and browsers say in Origin where a page is. Owners mark origins on the Applications page."
    )]
    NotAnApplication,
    /// A production instance below `/portal/{slug}`, or the dashboard's own host.
    #[error("Applications ask the portal at its own host. Below /portal/{{slug}} of the dashboard, only development instances answer.")]
    NoIssuer,
    /// What was posted is too large.
    #[error("That is too large: 64 KiB at most.")]
    TooLarge,
    /// Too many questions to the database, with the seconds until the next one.
    #[error("Too many requests. Try again in {0} s.")]
    RateLimited(u64),
    /// No key can sign.
    #[error("Nothing can be signed right now. The server's log says why.")]
    NoSigningKey,
    /// The database does not answer.
    #[error("The instance's settings can't be read right now. Try again in a moment.")]
    Unavailable,
}

#[derive(Serialize)]
struct Body {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    flows: Option<[Flow; Flow::ALL.len()]>,
}

impl ProblemDetails {
    fn status(self) -> StatusCode {
        match self {
            Self::NotAnApplication => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::UnknownInstance | Self::UnknownPath | Self::NoIssuer => StatusCode::NOT_FOUND,
            Self::Closed => StatusCode::GONE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnknownFlow => StatusCode::BAD_REQUEST,
            Self::QueryTooLong => StatusCode::URI_TOO_LONG,
            Self::Unavailable | Self::NoSigningKey => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::UnknownInstance => "Unknown instance",
            Self::NotAnApplication => "Not an application",
            Self::NoIssuer => "No issuer",
            Self::TooLarge => "Too large",
            Self::RateLimited(_) => "Too many requests",
            Self::NoSigningKey => "No signing key",
            Self::Closed => "Gone",
            Self::UnknownPath => "Unknown path",
            Self::Method => "Method not allowed",
            Self::UnknownFlow => "Unknown flow",
            Self::QueryTooLong => "Query too long",
            Self::Unavailable => "Unavailable",
        }
    }
}

impl IntoResponse for ProblemDetails {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = Body {
            r#type: "about:blank",
            title: self.title(),
            status: status.as_u16(),
            detail: self.to_string(),
            flows: (self == Self::UnknownFlow).then_some(Flow::ALL),
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::RateLimited(seconds) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Self::Unavailable | Self::NoSigningKey => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Self::Method => {
                headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            _ => {}
        }
        response
    }
}
