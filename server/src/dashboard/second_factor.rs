//! Posts of the second factor: the second step of signing in, setting it up, new recovery codes, turning it off.

use app::{
    admins::{
        Caller, ReturnPath,
        form::{CodeForm, ConfirmForm, ProofForm, SetUpForm},
        second_factor::{RecoveryCode, check, settings},
        sign_in::{SignInError, SignInTokens},
        store::{devices, pending_sign_ins::PendingSignIn},
        view::{RejectedSignIn, RejectionReason, second_factor::NewRecoveryCodes},
    },
    credentials::{client::Client, secret_key::SecretKey, store::any_encrypted},
    database::timed,
    paths,
};
use axum::{
    Extension,
    extract::State,
    http::{StatusCode, Uri, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use super::{
    Dashboard,
    admins::{NotLetIn, client, let_in, reject, take},
    cookies,
    guard::Origin,
    posted_form::SecretForm,
    rate_limits::{AdminAttempt, Secret},
};

/// `POST /account/sign-in/code`: the second step of signing in.
pub(super) async fn enter_code(
    State(dashboard): State<Dashboard>,
    Extension(origin): Extension<Origin>,
    Extension(pending): Extension<PendingSignIn>,
    SecretForm { mut parts, form }: SecretForm<CodeForm>,
) -> Response {
    let client = client(&parts, origin);
    match try_code(&dashboard, &parts, &pending, &form, &client, origin).await {
        Ok(tokens) => {
            let mut response = let_in(&tokens, ReturnPath::parse(&form.next).as_str(), origin);
            cookies::remove_pending(response.headers_mut(), origin.secure);
            response
        }
        Err(failure) => {
            if matches!(failure, NotLetIn::Expired) {
                parts.uri = Uri::from_static(paths::SIGN_IN);
            }
            let refused = |reason| RejectedSignIn { email: String::new(), next: form.next, token: String::new(), reason };
            reject(&dashboard, parts, failure, refused).await
        }
    }
}

async fn try_code(
    dashboard: &Dashboard,
    parts: &Parts,
    pending: &PendingSignIn,
    form: &CodeForm,
    client: &Client,
    origin: Origin,
) -> Result<SignInTokens, NotLetIn> {
    let known = match &client.device {
        Some(device) => devices::is_known(timed(&dashboard.pool), &pending.email, device).await.map_err(SignInError::from)?,
        None => false,
    };
    let device = client.device.as_ref().filter(|_| known).map(app::admins::Token::hash);
    let attempt = AdminAttempt::Code { account: pending.email.as_str().to_owned(), device };
    take(dashboard, &attempt).await?;
    let token = cookies::pending(&parts.headers, origin.secure).ok_or(NotLetIn::Expired)?;
    let tokens = check::finish_sign_in(&dashboard.pool, &dashboard.code_context(), &token, form, client).await?;
    dashboard.limits.give_back(&attempt).await;
    Ok(tokens)
}

/// `POST /account/second-factor`: begins to set it up.
pub(super) async fn begin(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    SecretForm { parts, form }: SecretForm<SetUpForm>,
) -> Response {
    let attempt = AdminAttempt::Unknown(Secret::OwnPassword(caller.session), caller.actor.address);
    let begun = async {
        take(&dashboard, &attempt).await?;
        let key = key_for_set_up(&dashboard).await?;
        Ok(settings::begin(&dashboard.pool, &key, &caller, &form).await?)
    };
    match begun.await {
        Ok(()) => {
            dashboard.limits.give_back(&attempt).await;
            Redirect::to(paths::SECOND_FACTOR).into_response()
        }
        Err(failure) => reject_setting(&dashboard, parts, failure).await,
    }
}

/// The key to set a second factor up with. It is created if nothing is encrypted yet.
async fn key_for_set_up(dashboard: &Dashboard) -> Result<SecretKey, NotLetIn> {
    let is_first = !any_encrypted(timed(&dashboard.pool)).await.map_err(SignInError::from)?;
    let file = &dashboard.second_factor.key_file;
    let key = if is_first { file.read_or_create() } else { file.read() };
    key.map_err(|error| {
        tracing::error!("nobody can set up a second factor: {error}");
        NotLetIn::Said(RejectionReason::SecretKey)
    })
}

/// `POST /account/second-factor/confirm`: turns it on with its first code.
pub(super) async fn confirm(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    SecretForm { parts, form }: SecretForm<ConfirmForm>,
) -> Response {
    let attempt = AdminAttempt::Code { account: caller.email.as_str().to_owned(), device: None };
    let confirmed = async {
        take(&dashboard, &attempt).await?;
        Ok(settings::confirm(&dashboard.pool, &dashboard.code_context(), &caller, &form).await?)
    };
    match confirmed.await {
        Ok(codes) => {
            dashboard.limits.give_back(&attempt).await;
            show_codes(&dashboard, parts, codes).await
        }
        Err(failure) => reject_setting(&dashboard, parts, failure).await,
    }
}

/// `POST /account/second-factor/recovery-codes`: makes new ones.
pub(super) async fn new_recovery_codes(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    SecretForm { parts, form }: SecretForm<ProofForm>,
) -> Response {
    let made = async {
        let attempts = take_proof(&dashboard, &caller).await?;
        let codes = settings::new_recovery_codes(&dashboard.pool, &dashboard.code_context(), &caller, &form).await?;
        for attempt in &attempts {
            dashboard.limits.give_back(attempt).await;
        }
        Ok(codes)
    };
    match made.await {
        Ok(codes) => show_codes(&dashboard, parts, codes).await,
        Err(failure) => reject_setting(&dashboard, parts, failure).await,
    }
}

/// `POST /account/second-factor/off`
pub(super) async fn turn_off(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    SecretForm { parts, form }: SecretForm<ProofForm>,
) -> Response {
    let done = async {
        let attempts = take_proof(&dashboard, &caller).await?;
        settings::turn_off(&dashboard.pool, &dashboard.code_context(), &caller, &form).await?;
        for attempt in &attempts {
            dashboard.limits.give_back(attempt).await;
        }
        Ok(())
    };
    match done.await {
        Ok(()) => Redirect::to(&format!("{}?off", paths::SECOND_FACTOR)).into_response(),
        Err(failure) => reject_setting(&dashboard, parts, failure).await,
    }
}

/// Uses an attempt for a text that may be a password or a code.
async fn take_proof(dashboard: &Dashboard, caller: &Caller) -> Result<[AdminAttempt; 2], NotLetIn> {
    let attempts = [
        AdminAttempt::Unknown(Secret::OwnPassword(caller.session), caller.actor.address),
        AdminAttempt::Code { account: caller.email.as_str().to_owned(), device: None },
    ];
    for attempt in &attempts {
        take(dashboard, attempt).await?;
    }
    Ok(attempts)
}

/// The page with recovery codes, in the answer to the form itself: no other answer has them.
async fn show_codes(dashboard: &Dashboard, parts: Parts, codes: Vec<RecoveryCode>) -> Response {
    let new = NewRecoveryCodes(codes);
    dashboard.render(of_page(parts), StatusCode::OK, move || provide_context(new.clone())).await
}

async fn reject_setting(dashboard: &Dashboard, parts: Parts, failure: NotLetIn) -> Response {
    if matches!(failure, NotLetIn::Expired) {
        return Redirect::to(&format!("{}?expired", paths::SECOND_FACTOR)).into_response();
    }
    let refused = |reason| RejectedSignIn { email: String::new(), next: String::new(), token: String::new(), reason };
    reject(dashboard, of_page(parts), failure, refused).await
}

/// The request as one for the page: its forms have addresses of their own, which no page has.
fn of_page(mut parts: Parts) -> Parts {
    parts.uri = Uri::from_static(paths::SECOND_FACTOR);
    parts
}
