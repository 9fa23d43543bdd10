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
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;
use serde::de::DeserializeOwned;

use crate::{
    dashboard::{
        cookies,
        guard::Origin,
        rate_limits::{AdminAttempt, Secret},
        rendering::Pages,
    },
    http::{
        form::{Received, read_form},
        rate_limit::RateLimited,
    },
};

/// Why nobody is let in, or nothing is changed.
enum Failure {
    /// The form comes back and says it.
    Said(Why),
    /// The one-time link does not hold.
    Link,
    /// A page says it.
    Page(AppError),
}

impl From<EntryError> for Failure {
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
pub(crate) async fn sign_in(State(pages): State<Pages>, Extension(origin): Extension<Origin>, request: Request) -> Response {
    let (parts, form) = match read::<SignInForm>(&pages, request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let client = client(&parts, origin);
    match try_sign_in(&pages, &form, &client).await {
        Ok(entered) => let_in(&entered, Next::parse(&form.next).as_str(), origin),
        Err(failure) => {
            let refused = |why| Refused { email: form.email, next: form.next, token: String::new(), why };
            refuse(&pages, parts, failure, refused).await
        }
    }
}

async fn try_sign_in(pages: &Pages, form: &SignInForm, client: &Client) -> Result<Entered, Failure> {
    let email: Option<Email> = form.email.parse().ok();
    let known = match (&email, &client.device) {
        (Some(email), Some(device)) => devices::is_known(&pages.pool, email, device).await.map_err(EntryError::from)?.then_some(device),
        _ => None,
    };
    let typed = || email.as_ref().map_or("", Email::as_str).to_owned();
    take(
        pages,
        known.map_or_else(
            || AdminAttempt::Unknown(Secret::Password(typed()), client.address),
            |device| AdminAttempt::KnownDevice(device.hash()),
        ),
    )?;
    Ok(entry::sign_in(&pages.pool, form, client).await?)
}

fn take(pages: &Pages, attempt: AdminAttempt) -> Result<(), Failure> {
    pages.limits.take(attempt).map_err(|RateLimited { seconds }| {
        tracing::info!("attempts to sign in are rate-limited");
        Failure::Said(Why::RateLimited(seconds))
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
        Ok(entered) => let_in(&entered, paths::INSTANCES, origin),
        Err(failure) => {
            let refused = |why| Refused { email: form.email, next: String::new(), token: form.token, why };
            refuse(&pages, parts, failure, refused).await
        }
    }
}

async fn try_follow(pages: &Pages, form: &LinkForm, client: &Client) -> Result<Entered, Failure> {
    let asked = follow::ask(&pages.pool, &form.token).await?;
    let token = Token::parse(&form.token).ok_or(Failure::Link)?;
    let secret = match asked.link.purpose {
        // It takes that account's password, so it is one more way to guess it.
        Purpose::Invite(invite) if asked.has_account => Secret::Password(invite.email.as_str().to_owned()),
        _ => Secret::Link(token.hash()),
    };
    take(pages, AdminAttempt::Unknown(secret, client.address))?;
    Ok(follow::follow(&pages.pool, form, client).await?)
}

/// `POST /account`: a new password.
pub(crate) async fn change_password(State(pages): State<Pages>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let (parts, form) = match read::<PasswordForm>(&pages, request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let done = match take(&pages, AdminAttempt::Unknown(Secret::OwnPassword(caller.session), caller.actor.address)) {
        Ok(()) => entry::change_password(&pages.pool, &caller, &form).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => Redirect::to(&format!("{}?saved", paths::ACCOUNT)).into_response(),
        Err(failure) => {
            let refused = |why| Refused { email: String::new(), next: String::new(), token: String::new(), why };
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
    match entry::sign_out(&pages.pool, caller, session).await {
        Ok(_) if session == caller.session => {
            let mut response = Redirect::to(paths::SIGN_IN).into_response();
            cookies::remove_session(response.headers_mut(), origin.secure);
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

fn let_in(entered: &Entered, page: &str, origin: Origin) -> Response {
    let mut response = Redirect::to(page).into_response();
    cookies::set(response.headers_mut(), entered, origin.secure);
    response
}

async fn refuse(pages: &Pages, parts: Parts, failure: Failure, refused: impl FnOnce(Why) -> Refused) -> Response {
    let (status, why) = match failure {
        Failure::Page(error) => return pages.render_error(parts, error, || ()).await,
        // The page looks for the link itself, and says that there is none.
        Failure::Link => (StatusCode::GONE, Why::Fields(Vec::new())),
        Failure::Said(why @ Why::Fields(_)) => (StatusCode::UNPROCESSABLE_ENTITY, why),
        Failure::Said(why @ Why::RateLimited(_)) => (StatusCode::TOO_MANY_REQUESTS, why),
    };
    let wait = if let Why::RateLimited(seconds) = why { Some(HeaderValue::from(seconds)) } else { None };
    let refused = refused(why);
    let mut response = pages.render(parts, status, move || provide_context(refused.clone())).await;
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}
