//! Posts of the accounts' pages: signing in and out, one-time links, one's own password and sessions.

use app::paths;
use app::{
    admins::{
        Caller, Email, ReturnPath, Token,
        form::{LinkForm, PasswordForm, SessionForm, SignInForm},
        one_time_links,
        sign_in::{self, SignInError, SignInTokens},
        store::{devices, links::Purpose},
        view::{RejectedSignIn, RejectionReason},
    },
    credentials::client::Client,
    error::AppError,
};
use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;
use serde::de::DeserializeOwned;

use crate::{
    dashboard::{
        guard::Origin,
        rate_limits::{Target, Tries},
        rendering::Pages,
    },
    http::{
        cookies,
        form::{Received, read_form},
    },
};

/// Why nobody is let in, or nothing is changed.
enum Failure {
    /// The form comes back and says it.
    Said(RejectionReason),
    /// The one-time link does not hold.
    Link,
    /// A page says it.
    Page(AppError),
}

impl From<SignInError> for Failure {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Fields(errors) => Self::Said(RejectionReason::Fields(errors)),
            SignInError::Link => Self::Link,
            SignInError::Database(_) | SignInError::Hash(_) | SignInError::Random(_) => {
                tracing::warn!(%error, "nobody could be let in");
                Self::Page(AppError::Unavailable)
            }
        }
    }
}

/// `POST /account/sign-in`
pub(crate) async fn sign_in(State(pages): State<Pages>, Extension(origin): Extension<Origin>, request: Request) -> Response {
    let (parts, form) = match read::<SignInForm>(&pages, request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let client = client(&parts, origin);
    match try_sign_in(&pages, &form, &client).await {
        Ok(tokens) => let_in(&tokens, ReturnPath::parse(&form.next).as_str(), origin),
        Err(failure) => {
            let refused = |reason| RejectedSignIn { email: form.email, next: form.next, token: String::new(), reason };
            refuse(&pages, parts, failure, refused).await
        }
    }
}

async fn try_sign_in(pages: &Pages, form: &SignInForm, client: &Client) -> Result<SignInTokens, Failure> {
    let email: Option<Email> = form.email.parse().ok();
    let known = match (&email, &client.device) {
        (Some(email), Some(device)) => devices::is_known(&pages.pool, email, device).await.map_err(SignInError::from)?.then_some(device),
        _ => None,
    };
    let typed = || email.as_ref().map_or("", Email::as_str).to_owned();
    take(pages, known.map_or_else(|| Tries::Unknown(Target::Account(typed()), client.address), |device| Tries::Known(device.hash())))?;
    Ok(sign_in::sign_in(&pages.pool, form, client).await?)
}

fn take(pages: &Pages, tries: Tries) -> Result<(), Failure> {
    pages.limits.take(tries).map_err(|seconds| {
        tracing::info!("tries to sign in are held up");
        Failure::Said(RejectionReason::RateLimited(seconds))
    })
}

/// `POST /account/setup`, `/account/invitation` and `/account/reset`
pub(crate) async fn follow_link(State(pages): State<Pages>, Extension(origin): Extension<Origin>, request: Request) -> Response {
    let (parts, form) = match read::<LinkForm>(&pages, request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let client = client(&parts, origin);
    let done = try_follow(&pages, &form, &client).await;
    match done {
        Ok(tokens) => let_in(&tokens, paths::INSTANCES, origin),
        Err(failure) => {
            let refused = |reason| RejectedSignIn { email: form.email, next: String::new(), token: form.token, reason };
            refuse(&pages, parts, failure, refused).await
        }
    }
}

async fn try_follow(pages: &Pages, form: &LinkForm, client: &Client) -> Result<SignInTokens, Failure> {
    let opened = one_time_links::open(&pages.pool, &form.token).await?;
    let token = Token::parse(&form.token).ok_or(Failure::Link)?;
    let target = match opened.link.purpose {
        // It takes that account's password, so it is one more way to guess it.
        Purpose::Invite(invitation) if opened.has_account => Target::Account(invitation.email.as_str().to_owned()),
        _ => Target::Link(token.hash()),
    };
    take(pages, Tries::Unknown(target, client.address))?;
    Ok(one_time_links::follow(&pages.pool, form, client).await?)
}

/// `POST /account`: a new password.
pub(crate) async fn change_password(State(pages): State<Pages>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let (parts, form) = match read::<PasswordForm>(&pages, request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let done = match take(&pages, Tries::Unknown(Target::Session(caller.session), caller.actor.address)) {
        Ok(()) => sign_in::change_password(&pages.pool, &caller, &form).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => Redirect::to(&format!("{}?saved", paths::ACCOUNT)).into_response(),
        Err(failure) => {
            let refused = |reason| RejectedSignIn { email: String::new(), next: String::new(), token: String::new(), reason };
            refuse(&pages, parts, failure, refused).await
        }
    }
}

/// `POST /account/sessions`: ends one of one's own sessions.
pub(crate) async fn end_session(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Extension(origin): Extension<Origin>,
    request: Request,
) -> Response {
    match read::<SessionForm>(&pages, request).await {
        Ok((parts, form)) => end(&pages, parts, &caller, form.session, origin).await,
        Err(response) => response,
    }
}

/// `POST /account/sign-out`
pub(crate) async fn sign_out(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Extension(origin): Extension<Origin>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    end(&pages, parts, &caller, caller.session, origin).await
}

async fn end(pages: &Pages, parts: Parts, caller: &Caller, session: i64, origin: Origin) -> Response {
    match sign_in::sign_out(&pages.pool, caller, session).await {
        Ok(_) if session == caller.session => {
            let mut response = Redirect::to(paths::SIGN_IN).into_response();
            cookies::take(response.headers_mut(), origin.secure);
            response
        }
        Ok(true) => Redirect::to(&format!("{}?ended", paths::ACCOUNT)).into_response(),
        Ok(false) => pages.render_error(parts, AppError::NotFound, || ()).await,
        Err(error) => {
            tracing::warn!(%error, "a session could not be ended");
            pages.render_error(parts, AppError::Unavailable, || ()).await
        }
    }
}

async fn read<Form: DeserializeOwned>(pages: &Pages, request: Request) -> Result<(Parts, Form), Response> {
    // What is typed here is passwords: it is not kept to be sent again.
    let Received { parts, form, .. } = read_form(pages, request).await?;
    Ok((parts, form))
}

/// Where somebody comes from, and what their browser already has.
fn client(parts: &Parts, origin: Origin) -> Client {
    Client {
        address: origin.address,
        browser: parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned(),
        session: cookies::session(&parts.headers, origin.secure),
        device: cookies::device(&parts.headers, origin.secure),
    }
}

fn let_in(tokens: &SignInTokens, page: &str, origin: Origin) -> Response {
    let mut response = Redirect::to(page).into_response();
    cookies::give(response.headers_mut(), tokens, origin.secure);
    response
}

async fn refuse(pages: &Pages, parts: Parts, failure: Failure, refused: impl FnOnce(RejectionReason) -> RejectedSignIn) -> Response {
    let (status, reason) = match failure {
        Failure::Page(error) => return pages.render_error(parts, error, || ()).await,
        // The page looks for the link itself, and says that there is none.
        Failure::Link => (StatusCode::GONE, RejectionReason::Fields(Vec::new())),
        Failure::Said(reason @ RejectionReason::Fields(_)) => (StatusCode::UNPROCESSABLE_ENTITY, reason),
        Failure::Said(reason @ RejectionReason::RateLimited(_)) => (StatusCode::TOO_MANY_REQUESTS, reason),
    };
    let wait = if let RejectionReason::RateLimited(seconds) = reason { Some(HeaderValue::from(seconds)) } else { None };
    let refused = refused(reason);
    let mut response = pages.render(parts, status, move || provide_context(refused.clone())).await;
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}
