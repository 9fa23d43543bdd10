//! Posts of the accounts' pages: signing in and out, one-time links, one's own password and sessions.

use app::paths;
use app::{
    admins::{
        Caller, Email, ReturnPath, Token, forgotten_password,
        form::{ForgottenForm, LinkForm, PasswordForm, SessionForm, SignInForm},
        one_time_links::{self, OpenedLink},
        provider,
        sign_in::{self, SIGN_IN_AT_PROVIDER, SignInError, SignInStep, SignInTokens},
        store::{devices, links::Purpose},
        view::{RejectedSignIn, RejectionReason},
    },
    credentials::client::Client,
    database::{log_failure, timed},
    error::AppError,
    ui::form::FieldError,
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
use crate::{http::rate_limit::RateLimited, observe::sampled::Sampled};

/// Attempts that were refused without a look at their password.
static RATE_LIMITED: Sampled = Sampled::new();

/// Why nobody is let in, or nothing is changed.
pub(super) enum NotLetIn {
    /// The form comes back and says it.
    Said(RejectionReason),
    /// The one-time link does not hold.
    Link,
    /// What was begun is over.
    Expired,
}

impl From<SignInError> for NotLetIn {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Fields(errors) => Self::Said(RejectionReason::Fields(errors)),
            SignInError::Link => Self::Link,
            SignInError::Expired => Self::Expired,
            SignInError::SecretKey => {
                tracing::error!(
                    "a code can't be checked: the secret key file is missing, or has another key than the second factor was set up with"
                );
                Self::Said(RejectionReason::SecretKey)
            }
            SignInError::Database(error) => {
                log_failure(&error, "nobody could be let in");
                Self::Said(RejectionReason::Unavailable)
            }
            SignInError::Hash(_) | SignInError::Random(_) => {
                tracing::warn!(%error, "nobody could be let in");
                Self::Said(RejectionReason::Unavailable)
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
        Ok(SignInStep::SignedIn(tokens)) => let_in(&tokens, ReturnPath::parse(&form.next).as_str(), origin),
        Ok(SignInStep::NeedsCode(token)) => needs_code(&token, &form.next, origin),
        Err(failure) => {
            let refused = |reason| RejectedSignIn { email: form.email, next: form.next, token: String::new(), reason };
            reject(&dashboard, parts, failure, refused).await
        }
    }
}

/// Leads on to the page that asks for the code of the second factor.
pub(super) fn needs_code(token: &Token, next: &str, origin: Origin) -> Response {
    let next = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", ReturnPath::parse(next).as_str()).finish();
    let mut response = Redirect::to(&format!("{}?{next}", paths::SIGN_IN_CODE)).into_response();
    cookies::set_pending(response.headers_mut(), token, origin.secure);
    response
}

/// Refuses a password where the identity provider has taken the place of passwords.
async fn refuse_passwords(dashboard: &Dashboard) -> Result<(), NotLetIn> {
    if dashboard.refuses_passwords().await.map_err(SignInError::from)? {
        let message = "Nobody signs in with a password here. Use the button on the sign-in page.";
        return Err(NotLetIn::Said(RejectionReason::Provider(message.to_owned())));
    }
    Ok(())
}

async fn try_sign_in(dashboard: &Dashboard, form: &SignInForm, client: &Client) -> Result<SignInStep, NotLetIn> {
    refuse_passwords(dashboard).await?;
    let email: Option<Email> = form.email.parse().ok();
    let known = match (&email, &client.device) {
        (Some(email), Some(device)) => {
            devices::is_known(timed(&dashboard.pool), email, device).await.map_err(SignInError::from)?.then_some(device)
        }
        _ => None,
    };
    let typed = || email.as_ref().map_or("", Email::as_str).to_owned();
    let attempt = known.map_or_else(
        || AdminAttempt::Unknown(Secret::Password(typed()), client.address),
        |device| AdminAttempt::KnownDevice(device.hash()),
    );
    take(dashboard, &attempt).await?;
    let step = sign_in::sign_in(&dashboard.pool, form, dashboard.admin_provider.is_some(), client).await?;
    dashboard.limits.give_back(&attempt).await;
    Ok(step)
}

pub(super) async fn take(dashboard: &Dashboard, attempt: &AdminAttempt) -> Result<(), NotLetIn> {
    dashboard.limits.take(attempt).await.map_err(|RateLimited { seconds }| {
        RATE_LIMITED.note(|times| tracing::info!(times, "attempts to sign in are rate-limited"));
        NotLetIn::Said(RejectionReason::RateLimited(seconds))
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
        Ok(tokens) => let_in(&tokens, paths::INSTANCES, origin),
        Err(failure) => {
            let refused = |reason| RejectedSignIn { email: form.email, next: String::new(), token: form.token, reason };
            reject(&dashboard, parts, failure, refused).await
        }
    }
}

/// Refuses a link that would let somebody in beside the identity provider. Those of the command line are the way back in.
async fn refuse_ways_around_provider(dashboard: &Dashboard, opened: &OpenedLink) -> Result<(), NotLetIn> {
    let is_of_command_line = match &opened.link.purpose {
        Purpose::Setup => true,
        Purpose::Invite(invitation) => invitation.membership.is_none(),
        Purpose::Reset(_) => !opened.link.by_mail,
    };
    if is_of_command_line || dashboard.admin_provider.is_none() {
        return Ok(());
    }
    refuse_passwords(dashboard).await?;
    if let Some(account) = opened.account()
        && provider::store::has_grants(timed(&dashboard.pool), account.as_str()).await.map_err(SignInError::from)?
    {
        return Err(NotLetIn::Said(RejectionReason::Provider(SIGN_IN_AT_PROVIDER.to_owned())));
    }
    Ok(())
}

async fn try_follow(dashboard: &Dashboard, form: &LinkForm, client: &Client) -> Result<SignInTokens, NotLetIn> {
    let opened = one_time_links::open(&dashboard.pool, &form.token).await?;
    refuse_ways_around_provider(dashboard, &opened).await?;
    let token = Token::parse(&form.token).ok_or(NotLetIn::Link)?;
    let secret = match &opened.link.purpose {
        // It takes that account's password, so it is one more way to guess it.
        Purpose::Invite(invitation) if opened.has_account => Secret::Password(invitation.email.as_str().to_owned()),
        _ => Secret::Link(token.hash()),
    };
    let code = opened.account().filter(|_| opened.asks_for_code);
    let code = code.map(|account| AdminAttempt::Code { account: account.as_str().to_owned(), device: None });
    let attempts: Vec<_> = [AdminAttempt::Unknown(secret, client.address)].into_iter().chain(code).collect();
    for attempt in &attempts {
        take(dashboard, attempt).await?;
    }
    let notice = dashboard.mailed_page(paths::FORGOT_PASSWORD);
    let tokens = one_time_links::follow(&dashboard.pool, &dashboard.code_context(), form, client, notice.as_deref()).await?;
    for attempt in &attempts {
        dashboard.limits.give_back(attempt).await;
    }
    Ok(tokens)
}

/// `POST /account/forgot-password`: the response is the same whether or not there is an account.
pub(super) async fn forgot_password(
    State(dashboard): State<Dashboard>,
    Extension(origin): Extension<Origin>,
    SecretForm { parts, form }: SecretForm<ForgottenForm>,
) -> Response {
    match try_forgot_password(&dashboard, &form, origin).await {
        Ok(()) => Redirect::to(&format!("{}?sent", paths::FORGOT_PASSWORD)).into_response(),
        Err(failure) => {
            let refused = |reason| RejectedSignIn { email: form.email, next: String::new(), token: String::new(), reason };
            reject(&dashboard, parts, failure, refused).await
        }
    }
}

async fn try_forgot_password(dashboard: &Dashboard, form: &ForgottenForm, origin: Origin) -> Result<(), NotLetIn> {
    refuse_passwords(dashboard).await?;
    // Without mail, the page says so and has no form.
    let page = dashboard.mailed_page(paths::RESET).ok_or(NotLetIn::Said(RejectionReason::Unavailable))?;
    let email: Email =
        form.email.parse().map_err(|error| NotLetIn::Said(RejectionReason::Fields(vec![FieldError::new("email", error)])))?;
    take(dashboard, &AdminAttempt::Mail(email.as_str().to_owned(), origin.address)).await?;
    let is_added = forgotten_password::ask(&dashboard.pool, &email, &page).await.map_err(SignInError::from)?;
    if is_added { Ok(()) } else { Err(NotLetIn::Said(RejectionReason::Unavailable)) }
}

/// `POST /account`: a new password.
pub(super) async fn change_password(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Extension(origin): Extension<Origin>,
    SecretForm { parts, form }: SecretForm<PasswordForm>,
) -> Response {
    let attempt = AdminAttempt::Unknown(Secret::OwnPassword(caller.session), caller.actor.address);
    let done = match take(&dashboard, &attempt).await {
        Ok(()) => {
            let notice = dashboard.mailed_page(paths::FORGOT_PASSWORD);
            sign_in::change_password(&dashboard.pool, &caller, &form, notice.as_deref()).await.map_err(NotLetIn::from)
        }
        Err(failure) => Err(failure),
    };
    match done {
        Ok(tokens) => {
            dashboard.limits.give_back(&attempt).await;
            let_in(&tokens, &format!("{}?saved", paths::ACCOUNT), origin)
        }
        Err(failure) => {
            let refused = |reason| RejectedSignIn { email: String::new(), next: String::new(), token: String::new(), reason };
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
    let ended = sign_in::sign_out(&dashboard.pool, caller, session).await?;
    if session == caller.session {
        let mut response = Redirect::to(paths::SIGN_IN).into_response();
        cookies::remove_session(response.headers_mut(), origin.secure);
        return Ok(response);
    }
    if ended { Ok(Redirect::to(&format!("{}?ended", paths::ACCOUNT)).into_response()) } else { Err(AppError::NotFound.into()) }
}

/// Where somebody comes from, and what their browser already has.
pub(super) fn client(parts: &Parts, origin: Origin) -> Client {
    Client {
        address: origin.address,
        browser: parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned(),
        session: cookies::session(&parts.headers, origin.secure),
        device: cookies::device(&parts.headers, origin.secure),
    }
}

pub(super) fn let_in(tokens: &SignInTokens, page: &str, origin: Origin) -> Response {
    let mut response = Redirect::to(page).into_response();
    cookies::set(response.headers_mut(), tokens, origin.secure);
    response
}

pub(super) async fn reject(
    dashboard: &Dashboard,
    parts: Parts,
    failure: NotLetIn,
    refused: impl FnOnce(RejectionReason) -> RejectedSignIn,
) -> Response {
    let (status, reason) = match failure {
        // The page looks for the link itself, and says that there is none.
        NotLetIn::Link => (StatusCode::GONE, RejectionReason::Fields(Vec::new())),
        NotLetIn::Expired => (StatusCode::UNAUTHORIZED, RejectionReason::Expired),
        NotLetIn::Said(reason @ RejectionReason::Expired) => (StatusCode::UNAUTHORIZED, reason),
        NotLetIn::Said(reason @ RejectionReason::Provider(_)) => (StatusCode::FORBIDDEN, reason),
        NotLetIn::Said(reason @ RejectionReason::Fields(_)) => (StatusCode::UNPROCESSABLE_ENTITY, reason),
        NotLetIn::Said(reason @ RejectionReason::RateLimited(_)) => (StatusCode::TOO_MANY_REQUESTS, reason),
        NotLetIn::Said(reason @ (RejectionReason::SecretKey | RejectionReason::Unavailable)) => (StatusCode::SERVICE_UNAVAILABLE, reason),
    };
    let wait = if let RejectionReason::RateLimited(seconds) = reason { Some(HeaderValue::from(seconds)) } else { None };
    let refused = refused(reason);
    let mut response = dashboard.render(parts, status, move || provide_context(refused.clone())).await;
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}
