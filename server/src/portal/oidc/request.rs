//! A request of an application: of which instance, with which issuer, and whether its page may read the answer.

use std::{net::IpAddr, sync::Arc};

use app::{credentials::token::Token, portal::view::Notice, redirects::is_application_origin};
use axum::{
    Extension,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::issuer::Issuer;
use crate::{
    http::{client_address::client_address, host::host_of},
    portal::{
        PageContext,
        cookies::VisitorCookies,
        problem_details::ProblemDetails,
        snapshot::{FoundInstance, Snapshot, Snapshots},
    },
};

/// The largest body that is read, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long a request waits for the database.
pub(super) const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// The database does not answer, or not in time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unavailable;

impl From<Unavailable> for Notice {
    fn from(Unavailable: Unavailable) -> Self {
        Self::Unavailable
    }
}

impl From<Unavailable> for ProblemDetails {
    fn from(Unavailable: Unavailable) -> Self {
        Self::Unavailable
    }
}

/// Asks the database, for as long as an application's request waits for it.
///
/// # Errors
/// The query fails, which is logged, or takes too long.
pub(super) async fn ask_database<T>(query: impl Future<Output = sqlx::Result<T>>) -> Result<T, Unavailable> {
    let answered = tokio::time::timeout(TIMEOUT, query).await.map_err(|_| Unavailable)?;
    answered.map_err(|error| {
        app::database::log_failure(&error, "an application's request could not be answered");
        Unavailable
    })
}

/// A request of an application.
pub(super) struct ApplicationRequest {
    pub(super) snapshot: Snapshot,
    pub(super) issuer: Issuer,
    pub(super) cookies: VisitorCookies,
    pub(super) context: Arc<PageContext>,
    pub(super) headers: HeaderMap,
    /// The client's address, if it is known.
    pub(super) address: Option<IpAddr>,
    /// What was posted.
    pub(super) body: Bytes,
    is_below_slug: bool,
}

impl FromRequest<Snapshots> for ApplicationRequest {
    type Rejection = ProblemDetails;

    async fn from_request(mut request: Request, snapshots: &Snapshots) -> Result<Self, ProblemDetails> {
        let address = client_address(&mut request).await;
        let host = host_of(&request);
        let (mut parts, body) = request.into_parts();
        let Ok(FoundInstance(found)) = FoundInstance::from_request_parts(&mut parts, snapshots).await;
        let snapshot = found?;
        if snapshot.archived_at.is_some() || !snapshot.portal_enabled {
            return Err(ProblemDetails::Closed);
        }
        let context = Extension::<Arc<PageContext>>::from_request_parts(&mut parts, snapshots).await;
        let Extension(context) = context.map_err(|_| ProblemDetails::Unavailable)?;
        let params = RawPathParams::from_request_parts(&mut parts, snapshots).await;
        let is_below_slug = params.is_ok_and(|params| params.iter().any(|(name, _)| name == "slug"));
        let issuer = host.and_then(|host| Issuer::of(&host, &context, &snapshot, is_below_slug)).ok_or(ProblemDetails::NoIssuer)?;
        let body = axum::body::to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| ProblemDetails::TooLarge)?;
        let cookies = VisitorCookies { instance: snapshot.id, secure: issuer.secure };
        Ok(Self { snapshot, issuer, cookies, context, headers: parts.headers, address, body, is_below_slug })
    }
}

impl ApplicationRequest {
    /// The origin of the page that asks, if it is an application of the instance. Browsers set the header themselves, except where a page
    /// reads its own origin.
    pub(super) fn application_origin(&self) -> Option<String> {
        let mut origins = self.headers.get_all(header::ORIGIN).iter();
        let origin = match (origins.next(), origins.next()) {
            (Some(origin), None) => origin.to_str().ok()?.to_owned(),
            (None, _) if !self.is_below_slug && self.headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin") => {
                self.issuer.url.clone()
            }
            _ => return None,
        };
        is_application_origin(&self.snapshot.instance, &self.snapshot.applications.origins, &origin).then_some(origin)
    }

    /// The token of the visitor's session, if the browser sent one.
    pub(super) fn session(&self) -> Option<Token> {
        self.cookies.session(&self.headers)
    }

    /// Uses one question to the database of that client.
    ///
    /// # Errors
    /// There were too many.
    pub(super) fn take_lookup(&self) -> Result<(), ProblemDetails> {
        self.context.take_lookup(self.address).map_err(|limited| ProblemDetails::RateLimited(limited.seconds))
    }

    /// The token of an `Authorization: Bearer` header.
    pub(super) fn bearer(&self) -> Option<Token> {
        let value = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        Token::parse(token.trim()).filter(|_| scheme.eq_ignore_ascii_case("bearer"))
    }
}

/// Makes an answer one that is never stored.
pub(super) fn not_stored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("origin"));
    response
}

/// Lets a page of that origin read an answer, with the visitor's cookie if `credentials` says so.
pub(super) fn readable_by(origin: &str, credentials: bool, mut response: Response) -> Response {
    let headers = response.headers_mut();
    if let Ok(origin) = HeaderValue::from_str(origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    if credentials {
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    response
}

/// The answer to a browser that asks before it sends a request (Fetch standard, section 3.3): which methods and headers an application's
/// page may use. Other pages are told nothing.
pub(super) fn preflight(request: &ApplicationRequest, methods: &'static str, allowed: &'static str, credentials: bool) -> Response {
    let Some(origin) = request.application_origin() else { return not_stored(StatusCode::FORBIDDEN.into_response()) };
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
    readable_by(&origin, credentials, not_stored(response))
}

/// The response for a method that a path does not have.
pub(super) async fn method_not_allowed() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}
