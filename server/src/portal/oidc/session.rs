//! `/v1/session`: who is signed in, for pages of the instance's application origins. The visitor's cookie comes with a credentialed
//! `fetch`, since those pages are on the portal's site.

use app::{
    credentials::token::Token,
    portal::{
        self,
        oidc::{
            claims::{PersonClaims, Scopes, SessionClaims, Subject},
            store::subjects,
        },
    },
};
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use time::OffsetDateTime;

use super::{
    request::{ApplicationRequest, TIMEOUT, ask_database, not_stored, readable_by},
    session_tokens::SessionAnswer,
};
use crate::portal::problem_details::ProblemDetails;

/// How long a token lasts, in seconds. It is given out for half of that.
const TOKEN_SECONDS: i64 = 60;

/// `OPTIONS /v1/session` and `OPTIONS /v1/session/end`
pub(super) async fn preflight(request: ApplicationRequest) -> Response {
    super::request::preflight(&request, "GET, HEAD, POST", "content-type", true)
}

/// `GET /v1/session`
pub(super) async fn show(request: ApplicationRequest) -> Response {
    let Some(origin) = request.application_origin() else { return not_stored(ProblemDetails::NotAnApplication.into_response()) };
    let response = answer(&request, &origin).await.unwrap_or_else(IntoResponse::into_response);
    readable_by(&origin, true, not_stored(response))
}

/// `POST /v1/session/end`: signs the visitor out.
pub(super) async fn end(request: ApplicationRequest) -> Response {
    // A form of another page carries the origin of that page.
    let Some(origin) = request.application_origin() else { return not_stored(ProblemDetails::NotAnApplication.into_response()) };
    let response = match sign_out(&request).await {
        Ok(()) => {
            let mut response = signed_out(&request);
            request.cookies.remove_session(response.headers_mut());
            response
        }
        Err(problem) => problem.into_response(),
    };
    readable_by(&origin, true, not_stored(response))
}

async fn answer(request: &ApplicationRequest, origin: &str) -> Result<Response, ProblemDetails> {
    let Some(token) = request.session() else { return Ok(signed_out(request)) };
    let (instance, version) = (request.snapshot.id, request.snapshot.instance.version());
    let tokens = request.context.session_tokens();
    if let Some(answer) = tokens.find(instance, &token, origin, version) {
        return Ok(json_response(answer.body));
    }
    request.take_lookup()?;
    let since = tokens.ended();
    let subject = ask_database(subjects::of_token(request.context.pool(), instance, &token)).await?;
    let Some(subject) = subject else { return Ok(signed_out(request)) };
    let keys = request.context.keys().of(instance).await.ok_or(ProblemDetails::NoSigningKey)?;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let says_names = request.snapshot.applications.names_in_tokens;
    let claims = SessionClaims {
        iss: &request.issuer.url,
        sub: subject.sub,
        azp: origin,
        sid: subject.sid,
        iat: now,
        exp: now + TOKEN_SECONDS,
        organizations: subject.organization_ids(),
        person: if says_names { subject.person(Scopes::ALL) } else { PersonClaims::default() },
    };
    let signed = keys.signing().and_then(|key| key.sign(&claims).ok()).ok_or(ProblemDetails::NoSigningKey)?;
    let body: axum::body::Bytes = body(&subject, &signed, now + TOKEN_SECONDS).into();
    let answer = SessionAnswer { body: body.clone(), version, visitor: subject.visitor, session: subject.session };
    tokens.insert(instance, &token, origin, answer, since);
    Ok(json_response(body))
}

fn body(subject: &Subject, token: &str, expires_at: i64) -> String {
    let organizations: Vec<_> = subject.organizations.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    json!({
        "signed_in": true,
        "visitor": {
            "id": subject.sub,
            "email_address": subject.email_address,
            "phone_number": subject.phone_number,
            "username": subject.username,
            "first_name": subject.first_name,
            "last_name": subject.last_name,
        },
        "organizations": organizations,
        "token": token,
        "expires_at": expires_at,
    })
    .to_string()
}

fn signed_out(request: &ApplicationRequest) -> Response {
    json_response(json!({ "signed_in": false, "sign_in_url": format!("{}/sign-in", request.issuer.url) }).to_string())
}

async fn sign_out(request: &ApplicationRequest) -> Result<(), ProblemDetails> {
    let Some(token) = request.session() else { return Ok(()) };
    request.take_lookup()?;
    let identity = portal::identity(request.snapshot.identity, request.context.pool(), request.snapshot.id);
    let ending = async {
        match identity.visitor(&token).await? {
            Some(visitor) => identity.sign_out(&visitor).await.map(|()| true),
            None => Ok(false),
        }
    };
    // Dropped with the request, if its client goes away: then it is forgotten too.
    let mut forgetting = Forgetting { request, token: &token, is_needed: true };
    let ended = tokio::time::timeout(TIMEOUT, ending).await;
    // Anybody can send a cookie that never was a session, so this must cost nothing more.
    forgetting.is_needed = !matches!(ended, Ok(Ok(false)));
    if matches!(ended, Ok(Ok(_))) { Ok(()) } else { Err(ProblemDetails::Unavailable) }
}

/// Forgets a session at the end of the request that ends it, so that its visitor is not taken for signed in, even if the database does not
/// answer.
struct Forgetting<'r> {
    request: &'r ApplicationRequest,
    token: &'r Token,
    is_needed: bool,
}

impl Drop for Forgetting<'_> {
    fn drop(&mut self) {
        if self.is_needed {
            self.request.context.forget_session(self.request.snapshot.id, self.token);
        }
    }
}

pub(super) fn json_response(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
