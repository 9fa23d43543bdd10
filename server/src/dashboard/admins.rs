//! Posts of the accounts' pages: signing in and out, one-time links, one's own password and sessions.

use app::paths;
use app::{
    admins::{
        Caller, Email, Next, Token,
        entry::{self, Client, Entered, EntryError},
        follow,
        form::{LinkForm, PasswordForm, SessionForm, SignInForm},
        store::{devices, links::Purpose},
        view::{Refused, Why},
    },
    error::AppError,
};
use axum::{
    Extension,
    extract::State,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use super::{
    Dashboard, cookies,
    failure::Failure,
    guard::Origin,
    posted_form::SecretForm,
    rate_limits::{AdminAttempt, Secret},
};
use crate::http::rate_limit::RateLimited;

/// Why nobody is let in, or nothing is changed.
enum NotLetIn {
    /// The form comes back and says it.
    Said(Why),
    /// The one-time link does not hold.
    Link,
    /// A page says it.
    Page(AppError),
}

impl From<EntryError> for NotLetIn {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::Fields(errors) => Self::Said(Why::Fields(errors)),
            EntryError::Link => Self::Link,
            EntryError::Database(_) | EntryError::Hash(_) | EntryError::Random(_) => {
                tracing::warn!(%error, "nobody could be let in");
                Self::Page(AppError::Unavailable)
            }
        }
    }
}

/// `POST /account/sign-in`
pub(super) async fn sign_in(
    State(dashboard): State<Dashboard>,
    Extension(origin): Extension<Origin>,
    SecretForm { parts, form }: SecretForm<SignInForm>,
) -> Response {
    let client = client(&parts, origin);
    match try_sign_in(&dashboard, &form, &client).await {
        Ok(entered) => let_in(&entered, Next::parse(&form.next).as_str(), origin),
        Err(failure) => {
            let refused = |why| Refused { email: form.email, next: form.next, token: String::new(), why };
            reject(&dashboard, parts, failure, refused).await
        }
    }
}

async fn try_sign_in(dashboard: &Dashboard, form: &SignInForm, client: &Client) -> Result<Entered, NotLetIn> {
    let email: Option<Email> = form.email.parse().ok();
    let known = match (&email, &client.device) {
        (Some(email), Some(device)) => devices::is_known(&dashboard.pool, email, device).await.map_err(EntryError::from)?.then_some(device),
        _ => None,
    };
    let typed = || email.as_ref().map_or("", Email::as_str).to_owned();
    let attempt = known.map_or_else(
        || AdminAttempt::Unknown(Secret::Password(typed()), client.address),
        |device| AdminAttempt::KnownDevice(device.hash()),
    );
    take(dashboard, attempt)?;
    Ok(entry::sign_in(&dashboard.pool, form, client).await?)
}

fn take(dashboard: &Dashboard, attempt: AdminAttempt) -> Result<(), NotLetIn> {
    dashboard.limits.take(attempt).map_err(|RateLimited { seconds }| {
        tracing::info!("attempts to sign in are rate-limited");
        NotLetIn::Said(Why::RateLimited(seconds))
    })
}

/// `POST /account/setup`, `/account/invitation` and `/account/reset`
pub(super) async fn follow_link(
    State(dashboard): State<Dashboard>,
    Extension(origin): Extension<Origin>,
    SecretForm { parts, form }: SecretForm<LinkForm>,
) -> Response {
    let client = client(&parts, origin);
    let done = try_follow(&dashboard, &form, &client).await;
    match done {
        Ok(entered) => let_in(&entered, paths::INSTANCES, origin),
        Err(failure) => {
            let refused = |why| Refused { email: form.email, next: String::new(), token: form.token, why };
            reject(&dashboard, parts, failure, refused).await
        }
    }
}

async fn try_follow(dashboard: &Dashboard, form: &LinkForm, client: &Client) -> Result<Entered, NotLetIn> {
    let asked = follow::ask(&dashboard.pool, &form.token).await?;
    let token = Token::parse(&form.token).ok_or(NotLetIn::Link)?;
    let secret = match asked.link.purpose {
        // It takes that account's password, so it is one more way to guess it.
        Purpose::Invite(invite) if asked.has_account => Secret::Password(invite.email.as_str().to_owned()),
        _ => Secret::Link(token.hash()),
    };
    take(dashboard, AdminAttempt::Unknown(secret, client.address))?;
    Ok(follow::follow(&dashboard.pool, form, client).await?)
}

/// `POST /account`: a new password.
pub(super) async fn change_password(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    SecretForm { parts, form }: SecretForm<PasswordForm>,
) -> Response {
    let done = match take(&dashboard, AdminAttempt::Unknown(Secret::OwnPassword(caller.session), caller.actor.address)) {
        Ok(()) => entry::change_password(&dashboard.pool, &caller, &form).await.map_err(NotLetIn::from),
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => Redirect::to(&format!("{}?saved", paths::ACCOUNT)).into_response(),
        Err(failure) => {
            let refused = |why| Refused { email: String::new(), next: String::new(), token: String::new(), why };
            reject(&dashboard, parts, failure, refused).await
        }
    }
}

/// `POST /account/sessions`: ends one of one's own sessions.
pub(super) async fn end_session(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Extension(origin): Extension<Origin>,
    SecretForm { form, .. }: SecretForm<SessionForm>,
) -> Result<Response, Failure> {
    end(&dashboard, &caller, form.session, origin).await
}

/// `POST /account/sign-out`
pub(super) async fn sign_out(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Extension(origin): Extension<Origin>,
) -> Result<Response, Failure> {
    end(&dashboard, &caller, caller.session, origin).await
}

async fn end(dashboard: &Dashboard, caller: &Caller, session: i64, origin: Origin) -> Result<Response, Failure> {
    let ended = entry::sign_out(&dashboard.pool, caller, session).await?;
    if session == caller.session {
        let mut response = Redirect::to(paths::SIGN_IN).into_response();
        cookies::remove_session(response.headers_mut(), origin.secure);
        return Ok(response);
    }
    if ended { Ok(Redirect::to(&format!("{}?ended", paths::ACCOUNT)).into_response()) } else { Err(AppError::NotFound.into()) }
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

fn let_in(entered: &Entered, page: &str, origin: Origin) -> Response {
    let mut response = Redirect::to(page).into_response();
    cookies::set(response.headers_mut(), entered, origin.secure);
    response
}

async fn reject(dashboard: &Dashboard, parts: Parts, failure: NotLetIn, refused: impl FnOnce(Why) -> Refused) -> Response {
    let (status, why) = match failure {
        NotLetIn::Page(error) => return dashboard.render_error(parts, error, || ()).await,
        // The page looks for the link itself, and says that there is none.
        NotLetIn::Link => (StatusCode::GONE, Why::Fields(Vec::new())),
        NotLetIn::Said(why @ Why::Fields(_)) => (StatusCode::UNPROCESSABLE_ENTITY, why),
        NotLetIn::Said(why @ Why::RateLimited(_)) => (StatusCode::TOO_MANY_REQUESTS, why),
    };
    let wait = if let Why::RateLimited(seconds) = why { Some(HeaderValue::from(seconds)) } else { None };
    let refused = refused(why);
    let mut response = dashboard.render(parts, status, move || provide_context(refused.clone())).await;
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}
