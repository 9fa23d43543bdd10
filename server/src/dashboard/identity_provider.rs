//! Posts of an instance's Sign-in page: they save, test and remove the identity provider, and switch whether an email address is confirmed
//! first. The guard lets only owners through.

use app::{
    admins::Caller,
    credentials::{store::any_encrypted, token::Token},
    database::{StoreError, timed},
    identity_provider::{
        ProviderSettings, StoredProvider, TRIAL, at_portal,
        form::ProviderForm,
        store::{self, NewSecret},
        view::{PostedProvider, Tested},
    },
    instances::{
        self,
        confirmed_email::{
            store as confirmed_email,
            view::{DONT_REQUIRE, REQUIRE, RefusedWithoutMail},
        },
        stored::StoredInstance,
    },
    paths,
    portal::provider::store::offer_trial,
    saving::saved_instances::SavedInstances,
    ui::form::FieldError,
};
use axum::{
    Extension,
    extract::{Path, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use super::{Dashboard, failure::Failure, guard::Origin, posted_form::SecretForm, rate_limits::AdminAttempt};
use crate::{http::rate_limit::RateLimited, identity_provider::Provider};

/// `POST /instances/{slug}/sign-in`
pub(super) async fn post(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Extension(origin): Extension<Origin>,
    Path(slug): Path<String>,
    SecretForm { parts, form }: SecretForm<ProviderForm>,
) -> Result<Response, Failure> {
    let result = match form.action.as_str() {
        "test" => return test(&dashboard, origin, &slug, parts, form).await,
        REQUIRE if dashboard.mailer.is_none() => {
            return Ok(dashboard.render(parts, StatusCode::UNPROCESSABLE_ENTITY, || provide_context(RefusedWithoutMail)).await);
        }
        REQUIRE => confirmed_email::set(&dashboard.pool, &caller.actor, &slug, true).await.map(|()| "confirmation-on"),
        DONT_REQUIRE => confirmed_email::set(&dashboard.pool, &caller.actor, &slug, false).await.map(|()| "confirmation-off"),
        "remove" => store::remove(&dashboard.pool, &caller.actor, &slug, &form.seen).await.map(|()| "removed"),
        _ => save(&dashboard, &caller, &slug, &form).await.map(|()| "saved"),
    };
    match result {
        Ok(done) => {
            SavedInstances::of(&parts).mark(&slug);
            Ok(Redirect::to(&format!("{}?{done}", paths::instance(&slug).sign_in())).into_response())
        }
        Err(StoreError::Fields(errors)) => Ok(show(&dashboard, parts, PostedProvider { form, errors, tested: None }).await),
        Err(error) => Err(error.into()),
    }
}

async fn save(dashboard: &Dashboard, caller: &Caller, slug: &str, form: &ProviderForm) -> Result<(), StoreError> {
    let stored = instances::store::find_any(timed(&dashboard.pool), slug).await?.ok_or(StoreError::NotFound)?;
    let allowed = dashboard.provider.providers.allowed();
    let settings = form.read(stored.settings.environment, allowed).map_err(StoreError::Fields)?;
    let key;
    let secret = match form.new_secret() {
        Some(secret) => {
            let unreadable = |message: String| StoreError::Fields(vec![FieldError::new("client_secret", message)]);
            let Some(read) = dashboard.provider.key_for_new_secret(!any_encrypted(timed(&dashboard.pool)).await?) else {
                return Err(unreadable("This server has no secret key file to encrypt it with. Set --secret-key-file.".to_owned()));
            };
            key = read.map_err(|error| {
                tracing::error!("the secret of an identity provider can't be encrypted: {error}");
                unreadable("It can't be encrypted: the server's secret key file can't be read. The server's log says why.".to_owned())
            })?;
            NewSecret::Set(secret, &key)
        }
        None if form.no_secret.is_some() => NewSecret::None,
        None => NewSecret::Same,
    };
    store::save(&dashboard.pool, &caller.actor, slug, &settings, secret, &form.seen).await
}

/// Asks the provider that is typed, and shows what it says. Nothing is stored.
async fn test(dashboard: &Dashboard, origin: Origin, slug: &str, parts: Parts, form: ProviderForm) -> Result<Response, Failure> {
    let stored = instances::store::find_any(timed(&dashboard.pool), slug).await?.ok_or(StoreError::NotFound)?;
    let providers = &dashboard.provider.providers;
    let settings = match form.read(stored.settings.environment, providers.allowed()) {
        Ok(settings) => settings,
        Err(errors) => return Ok(show(dashboard, parts, PostedProvider { form, errors, tested: None }).await),
    };
    // Each test sends requests to an address that the owner chooses.
    let tested = match dashboard.limits.take(&AdminAttempt::Provider(origin.address)).await {
        Ok(()) => match providers.discover(&settings.issuer).await {
            Ok(provider) => Tested::Found { rows: rows(&provider), trials: trials(dashboard, &stored, &form, &settings).await? },
            Err(error) => Tested::Failed(error.to_string()),
        },
        Err(RateLimited { seconds }) => Tested::Failed(format!("too many tests. Try again in {seconds} seconds")),
    };
    Ok(show(dashboard, parts, PostedProvider { form, errors: Vec::new(), tested: Some(tested) }).await)
}

/// The links to a trial sign-in, with what is stored. None if the form says something else.
async fn trials(
    dashboard: &Dashboard,
    instance: &StoredInstance,
    form: &ProviderForm,
    settings: &ProviderSettings,
) -> Result<Vec<String>, StoreError> {
    let provider = store::find(timed(&dashboard.pool), instance.id).await?;
    let is_saved = |provider: &StoredProvider| provider.settings == *settings && form.new_secret().is_none() && form.no_secret.is_none();
    let Some(provider) = provider.filter(is_saved) else { return Ok(Vec::new()) };
    let token = Token::new()?;
    offer_trial(&dashboard.pool, &token, &provider).await?;
    let portal = instance.instance.portal_origin().as_str();
    let links = at_portal(portal, instance.instance.slug(), &dashboard.url.page(""), TRIAL);
    Ok(links.into_iter().map(|link| format!("{link}?trial={}", token.secret())).collect())
}

/// What a provider says about itself, for the page.
fn rows(provider: &Provider) -> Vec<(&'static str, String)> {
    let metadata = &provider.metadata;
    let optional = |url: &Option<url::Url>| url.as_ref().map_or_else(|| "None".to_owned(), ToString::to_string);
    let list = |names: &Option<Vec<String>>| names.as_ref().map_or_else(|| "Not said".to_owned(), |names| names.join(" "));
    vec![
        ("Issuer", metadata.issuer.clone()),
        ("Authorization endpoint", metadata.authorization_endpoint.to_string()),
        ("Token endpoint", metadata.token_endpoint.to_string()),
        ("Userinfo endpoint", optional(&metadata.userinfo_endpoint)),
        ("Sign-out", optional(&metadata.end_session_endpoint)),
        ("Keys", provider.keys.keys().len().to_string()),
        ("Signatures of ID tokens", metadata.id_token_signing_alg_values_supported.join(" ")),
        ("PKCE", list(&metadata.code_challenge_methods_supported)),
        ("Issuer in responses", if metadata.authorization_response_iss_parameter_supported { "Yes" } else { "No" }.to_owned()),
        ("Scopes", list(&metadata.scopes_supported)),
        ("Claims", list(&metadata.claims_supported)),
    ]
}

async fn show(dashboard: &Dashboard, parts: Parts, posted: PostedProvider) -> Response {
    let status = if posted.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    dashboard.render(parts, status, move || provide_context(posted.clone())).await
}
