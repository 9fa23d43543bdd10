//! `/oauth2/authorize`: a client sends its visitor here, and gets them back with a code. A visitor who is not signed in goes through the
//! sign-in page like any other. The request waits in the database meanwhile, bound to the browser by a cookie, and its id in the link says
//! where the finished flow goes.

use app::{
    credentials::token::Token,
    portal::{
        address::{AfterSignIn, AuthorizationId},
        identity::Visitor,
        oidc::{
            authorization::{AuthorizationError, AuthorizationRequest, Parameters, Prompt},
            claims::Subject,
            store::{authorizations, codes, subjects},
        },
        view::Notice,
    },
};
use axum::{http::HeaderMap, response::Response};
use time::OffsetDateTime;
use url::{Url, form_urlencoded};

use super::{client::Client, request::ask_database};
use crate::portal::{pages::page_request::PageRequest, rate_limits::VisitorAttempt};

/// Where the answer to a client goes.
struct Return<'a> {
    redirect_uri: &'a str,
    state: Option<&'a str>,
}

/// `GET /oauth2/authorize`
pub(in crate::portal) async fn authorize(request: PageRequest, headers: HeaderMap) -> Response {
    begin(&request, &headers).await.unwrap_or_else(|notice| request.notice(notice))
}

/// `GET /oauth2/authorize/continue`: goes on with a request whose visitor has signed in.
pub(in crate::portal) async fn resume(request: PageRequest, headers: HeaderMap) -> Response {
    go_on(&request, &headers).await.unwrap_or_else(|notice| request.notice(notice))
}

async fn begin(request: &PageRequest, headers: &HeaderMap) -> Result<Response, Notice> {
    let issuer = request.issuer().ok_or(Notice::NotFound)?;
    let parameters = Parameters::read(request.query());
    // Until both are known to be right, nobody is redirected anywhere.
    let required = |name: &'static str| {
        if parameters.is_repeated(name) { None } else { parameters.get(name) }
    };
    let client_id = required("client_id").ok_or(Notice::Authorization("The client_id is missing, or comes twice."))?;
    let redirect_uri = required("redirect_uri").ok_or(Notice::Authorization("The redirect_uri is missing, or comes twice."))?;
    check_client(request, client_id, redirect_uri).await?;
    let back = Return { redirect_uri, state: parameters.get("state").filter(|_| !parameters.is_repeated("state")) };
    let asked = match AuthorizationRequest::read(&parameters, client_id, redirect_uri) {
        Ok(asked) => asked,
        Err(error) => return Ok(refuse(request, &issuer.url, &back, error)),
    };
    let subject = subject(request).await?;
    if asked.prompt == Prompt::None
        && let Some(token) = parameters.get("id_token_hint")
        && !is_hinted(request, &issuer.url, token, subject.as_ref()).await?
    {
        let error = AuthorizationError { code: "login_required", description: "the visitor of the id_token_hint is not signed in" };
        return Ok(refuse(request, &issuer.url, &back, error));
    }
    let is_enough = |subject: &Subject| {
        let age = OffsetDateTime::now_utc() - subject.auth_time;
        asked.prompt != Prompt::Login && asked.max_age.is_none_or(|seconds| age <= time::Duration::seconds(seconds.into()))
    };
    if let Some(subject) = subject.filter(is_enough) {
        return give_code(request, &issuer.url, &asked, &subject).await;
    }
    if asked.prompt == Prompt::None {
        let error = AuthorizationError { code: "login_required", description: "nobody is signed in, or not recently enough" };
        return Ok(refuse(request, &issuer.url, &back, error));
    }
    wait_for_sign_in(request, headers, &asked).await
}

async fn go_on(request: &PageRequest, headers: &HeaderMap) -> Result<Response, Notice> {
    const GONE: Notice = Notice::Authorization(
        "This sign-in was begun in another browser, is finished already, or has waited for too long. Go back to the application and sign in there again.",
    );
    let issuer = request.issuer().ok_or(Notice::NotFound)?;
    let id = Parameters::read(request.query()).get("authorization").and_then(AuthorizationId::parse).ok_or(GONE)?;
    let browser = request.cookies.authorization(headers).ok_or(GONE)?;
    let token = id.token().ok_or(GONE)?;
    let pending = ask_database(authorizations::find(request.context.pool(), request.snapshot.id, &token, &browser)).await?.ok_or(GONE)?;
    let asked = &pending.request;
    // The settings may have changed since.
    check_client(request, &asked.client_id, &asked.redirect_uri).await?;
    let Some(subject) = subject(request).await?.filter(|subject| pending.accepts(subject.auth_time)) else {
        return Ok(request.redirect(&request.address().sign_in_first(AfterSignIn::Authorization(id))));
    };
    if !ask_database(authorizations::take(request.context.pool(), &token)).await? {
        return Err(GONE);
    }
    give_code(request, &issuer.url, asked, &subject).await
}

/// Checks who asks, and where the answer would go.
async fn check_client(request: &PageRequest, client_id: &str, redirect_uri: &str) -> Result<(), Notice> {
    let client = ask_database(Client::find(&request.context, &request.snapshot, client_id)).await?;
    let client = client.ok_or(Notice::Authorization("The application that sent you here is not known to this portal."))?;
    if client.allows(&request.snapshot, client_id, redirect_uri) {
        Ok(())
    } else {
        Err(Notice::Authorization("The application that sent you here wants you back at an address that is not its own."))
    }
}

/// The visitor, from the database: a visitor from the session cache may have signed out.
async fn subject(request: &PageRequest) -> Result<Option<Subject>, Notice> {
    let Some(token) = &request.client.session else { return Ok(None) };
    Ok(ask_database(subjects::of_token(request.context.pool(), request.snapshot.id, token)).await?)
}

/// Whether the hint means the visitor who is signed in. A hint that is not an ID token of this portal means nobody.
async fn is_hinted(request: &PageRequest, issuer: &str, token: &str, subject: Option<&Subject>) -> Result<bool, Notice> {
    let keys = request.context.keys().of(request.snapshot.id).await.ok_or(Notice::Unavailable)?;
    Ok(keys.hint(token, issuer).zip(subject).is_some_and(|(hint, subject)| hint.sub == subject.sub))
}

/// Stores the request and leads to the sign-in page.
async fn wait_for_sign_in(request: &PageRequest, headers: &HeaderMap, asked: &AuthorizationRequest) -> Result<Response, Notice> {
    let attempt = VisitorAttempt::Authorize(request.client.address);
    request.context.limits.take(attempt).await.map_err(|_| Notice::TooManyRequests)?;
    let new = || Token::new().map_err(|_| Notice::Unavailable);
    let (id, browser) = (new()?, request.cookies.authorization(headers).map_or_else(new, Ok)?);
    ask_database(authorizations::put(request.context.pool(), request.snapshot.id, asked, &id, &browser)).await?;
    let after = AuthorizationId::parse(&id.secret()).map(AfterSignIn::Authorization).ok_or(Notice::Unavailable)?;
    let hint = asked.login_hint.as_deref().map(prefill).unwrap_or_default();
    let page = request.address_with(&hint).sign_in_first(after);
    let mut response = request.redirect(&page);
    request.cookies.set_authorization(response.headers_mut(), &browser);
    Ok(response)
}

/// The prefill parameter of a hint.
fn prefill(hint: &str) -> String {
    let name = match hint {
        hint if hint.contains('@') => "email_address",
        hint if hint.starts_with('+') => "phone_number",
        _ => "username",
    };
    form_urlencoded::Serializer::new(String::new()).append_pair(name, hint).finish()
}

/// Answers with a code.
async fn give_code(request: &PageRequest, issuer: &str, asked: &AuthorizationRequest, subject: &Subject) -> Result<Response, Notice> {
    let code = Token::new().map_err(|_| Notice::Unavailable)?;
    ask_database(codes::put(request.context.pool(), request.snapshot.id, subject.session, asked, &code)).await?;
    let back = Return { redirect_uri: &asked.redirect_uri, state: asked.state.as_deref() };
    Ok(answer(request, issuer, &back, &[("code", &code.secret())]))
}

/// Answers that the request can't be granted.
fn refuse(request: &PageRequest, issuer: &str, back: &Return<'_>, error: AuthorizationError) -> Response {
    answer(request, issuer, back, &[("error", error.code), ("error_description", error.description)])
}

/// Leads back to the client, with the issuer (RFC 9207).
fn answer(request: &PageRequest, issuer: &str, back: &Return<'_>, parameters: &[(&str, &str)]) -> Response {
    let Ok(mut url) = Url::parse(back.redirect_uri) else { return request.notice(Notice::NotFound) };
    url.query_pairs_mut().extend_pairs(parameters).extend_pairs(back.state.map(|state| ("state", state))).append_pair("iss", issuer);
    request.redirect(url.as_str())
}

impl PageRequest {
    /// Whether the request that the visitor has come with wants them to sign in anew: then they don't skip the page.
    pub(in crate::portal) async fn must_sign_in_again(&self, visitor: &Visitor, headers: &HeaderMap) -> bool {
        let Some(AfterSignIn::Authorization(id)) = self.after_sign_in else { return false };
        let (Some(token), Some(browser)) = (id.token(), self.cookies.authorization(headers)) else { return false };
        let pending = ask_database(authorizations::find(self.context.pool(), self.snapshot.id, &token, &browser)).await;
        let Ok(Some(pending)) = pending else { return false };
        let subject = ask_database(subjects::of_session(self.context.pool(), self.snapshot.id, visitor.session)).await;
        subject.is_ok_and(|subject| subject.is_none_or(|subject| !pending.accepts(subject.auth_time)))
    }
}
