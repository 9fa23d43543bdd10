//! `/account/provider` and below: sends an admin to the company's identity provider, and takes them back.

use std::sync::Arc;

use app::{
    admins::{
        ReturnPath, Token,
        provider::{
            AdminProvider, AdminProviderButton, ProviderAdmin, sign_in,
            store::{self, BegunAdminSignIn},
        },
        sign_in::{SignInError, SignInStep},
        view::{RejectedSignIn, RejectionReason},
    },
    database::timed,
    error::AppError,
    paths,
};
use axum::{
    Extension,
    extract::{RawQuery, State},
    http::{Uri, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    Dashboard,
    admins::{NotLetIn, client, let_in, needs_code, reject, take},
    cookies,
    guard::{Origin, next_page, signed_in},
    rate_limits::AdminAttempt,
};
use crate::{
    identity_provider::{Callback, FlowSecrets, ProviderClient, ProviderError},
    observe::sampled::Sampled,
};

/// Sign-ins that failed at the provider.
static FAILED: Sampled = Sampled::new();

impl Dashboard {
    /// What the sign-in page says of the provider, if there is one.
    pub(super) fn admin_provider_button(&self) -> Option<AdminProviderButton> {
        self.admin_provider.as_ref().map(|provider| AdminProviderButton {
            text: provider.button_text.clone(),
            issuer: provider.issuer.clone(),
            replaces_passwords: !provider.password_sign_in,
        })
    }

    /// Whether passwords no longer count: the configuration says so, and an admin has signed in at the provider.
    pub(super) async fn refuses_passwords(&self) -> sqlx::Result<bool> {
        match &self.admin_provider {
            Some(provider) if !provider.password_sign_in => store::any(timed(&self.pool), &provider.issuer).await,
            _ => Ok(false),
        }
    }

    fn redirect_uri(&self) -> String {
        self.url.page(paths::PROVIDER_CALLBACK)
    }
}

/// `GET /account/provider`
pub(super) async fn begin(
    State(dashboard): State<Dashboard>,
    Extension(origin): Extension<Origin>,
    RawQuery(query): RawQuery,
    parts: Parts,
) -> Response {
    let next = next_page(query.as_deref());
    match try_begin(&dashboard, &parts, origin, next.as_str()).await {
        Ok((address, browser)) => {
            let mut response = Redirect::to(&address).into_response();
            cookies::set_provider_browser(response.headers_mut(), &browser, origin.secure);
            response
        }
        Err(failure) => rejected(&dashboard, parts, failure, next.as_str()).await,
    }
}

async fn try_begin(dashboard: &Dashboard, parts: &Parts, origin: Origin, next: &str) -> Result<(String, Token), NotLetIn> {
    let provider = configured(dashboard)?;
    take(dashboard, &AdminAttempt::Provider(origin.address)).await?;
    let state = Token::new().map_err(SignInError::from)?;
    let browser = match cookies::provider_browser(&parts.headers, origin.secure) {
        Some(browser) => browser,
        None => Token::new().map_err(SignInError::from)?,
    };
    let secrets = FlowSecrets::of(&browser, &state);
    let providers = &dashboard.provider.providers;
    let url = providers.authorization_url(&client_of(&provider), &dashboard.redirect_uri(), &state, &secrets, None).await;
    let url = url.map_err(|error| failed(&error))?;
    let begun = BegunAdminSignIn { issuer: provider.issuer.clone(), client_id: provider.client_id.clone(), next: next.to_owned() };
    store::begin(&dashboard.pool, &state, &browser, &begun).await.map_err(SignInError::from)?;
    Ok((url.into(), browser))
}

/// `GET /account/provider/callback`: where the provider sends the admin back.
pub(super) async fn callback(
    State(dashboard): State<Dashboard>,
    Extension(origin): Extension<Origin>,
    RawQuery(query): RawQuery,
    parts: Parts,
) -> Response {
    let callback = serde_html_form::from_str::<Callback>(&query.unwrap_or_default()).unwrap_or_default();
    let begun = match take_begun(&dashboard, &parts, origin, &callback).await {
        Ok(begun) => begun,
        Err(failure) => return rejected(&dashboard, parts, failure, "").await,
    };
    let (begun, secrets) = begun;
    match finish(&dashboard, &parts, origin, callback, &begun, &secrets).await {
        Ok(SignInStep::SignedIn(tokens)) => let_in(&tokens, ReturnPath::parse(&begun.next).as_str(), origin),
        Ok(SignInStep::NeedsCode(token)) => needs_code(&token, &begun.next, origin),
        Err(failure) => rejected(&dashboard, parts, failure, &begun.next).await,
    }
}

async fn take_begun(
    dashboard: &Dashboard,
    parts: &Parts,
    origin: Origin,
    callback: &Callback,
) -> Result<(BegunAdminSignIn, FlowSecrets), NotLetIn> {
    let expired = || said("This sign-in took too long, was used already, or began in another browser. Begin again.");
    let (Some(state), Some(browser)) = (Token::parse(&callback.state), cookies::provider_browser(&parts.headers, origin.secure)) else {
        return Err(expired());
    };
    let begun = store::take(&dashboard.pool, &state, &browser).await.map_err(SignInError::from)?.ok_or_else(expired)?;
    Ok((begun, FlowSecrets::of(&browser, &state)))
}

async fn finish(
    dashboard: &Dashboard,
    parts: &Parts,
    origin: Origin,
    callback: Callback,
    begun: &BegunAdminSignIn,
    secrets: &FlowSecrets,
) -> Result<SignInStep, NotLetIn> {
    let provider = configured(dashboard)?;
    if provider.issuer != begun.issuer || provider.client_id != begun.client_id {
        return Err(said("The server's identity provider has changed. Begin again."));
    }
    let redeemed = dashboard.provider.providers.redeem(&client_of(&provider), &dashboard.redirect_uri(), callback, secrets).await;
    let person = redeemed.map_err(|error| failed(&error))?;
    let person = ProviderAdmin { subject: person.subject, claims: person.claims };
    let caller = match signed_in(dashboard, &parts.headers, origin).await {
        Ok(caller) => Some(caller),
        Err(AppError::SignedOut) => None,
        Err(_) => return Err(NotLetIn::Said(RejectionReason::Unavailable)),
    };
    let client = client(parts, origin);
    let step = sign_in::sign_in(&dashboard.pool, &provider, &person, caller.as_ref(), &client).await?;
    dashboard.limits.give_back(&AdminAttempt::Provider(origin.address)).await;
    Ok(step)
}

fn configured(dashboard: &Dashboard) -> Result<Arc<AdminProvider>, NotLetIn> {
    dashboard.admin_provider.clone().ok_or_else(|| said("This server has no identity provider for admins."))
}

fn client_of(provider: &AdminProvider) -> ProviderClient {
    ProviderClient {
        issuer: provider.issuer.clone(),
        client_id: provider.client_id.clone(),
        client_secret: provider.client_secret.clone(),
        scopes: provider.scopes.clone(),
    }
}

fn failed(error: &ProviderError) -> NotLetIn {
    FAILED.note(|times| tracing::warn!(times, "an admin's sign-in at the identity provider failed: {error}"));
    said(match error {
        ProviderError::Denied(_) => "The identity provider did not let you through. You can try again.",
        _ => "The sign-in at the identity provider failed. Try again. The server's log says why.",
    })
}

fn said(message: &str) -> NotLetIn {
    NotLetIn::Said(RejectionReason::Provider(message.to_owned()))
}

/// The sign-in page with what went wrong.
async fn rejected(dashboard: &Dashboard, mut parts: Parts, failure: NotLetIn, next: &str) -> Response {
    parts.uri = Uri::from_static(paths::SIGN_IN);
    // The page knows errors of its own form only.
    let failure = match failure {
        NotLetIn::Said(RejectionReason::Fields(errors)) => {
            said(&errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" "))
        }
        failure => failure,
    };
    let next = next.to_owned();
    reject(dashboard, parts, failure, |reason| RejectedSignIn { email: String::new(), next, token: String::new(), reason }).await
}
