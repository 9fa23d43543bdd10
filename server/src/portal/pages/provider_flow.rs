//! What a visitor's sign-in at the instance's identity provider and an owner's trial share: the way there, and what is redeemed at the end.

use app::{
    credentials::token::Token,
    database::timed,
    identity_provider::{CALLBACK, StoredProvider, store as settings_store},
    portal::{
        identity::IdentityError,
        provider::store::{self, BegunSignIn},
    },
    redirects::Flow,
};
use axum::{http::HeaderMap, response::Response};
use url::Url;

use super::page_request::PageRequest;
use crate::identity_provider::{Callback, FlowSecrets, Person, ProviderError, login_hint};

/// Why a sign-in at a provider does not go on.
#[derive(Debug)]
pub(super) enum FlowError {
    /// The settings have changed since it began.
    Expired,
    /// The database does not answer, or the system gives no random bytes.
    Unavailable,
    /// The provider or the client's secret.
    Provider(ProviderError),
}

impl From<ProviderError> for FlowError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<IdentityError> for FlowError {
    fn from(_: IdentityError) -> Self {
        Self::Unavailable
    }
}

impl From<getrandom::Error> for FlowError {
    fn from(_: getrandom::Error) -> Self {
        Self::Unavailable
    }
}

/// The way to the provider.
pub(super) struct WayThere {
    pub(super) url: Url,
    browser: Token,
}

impl PageRequest {
    /// Begins a sign-in at that provider, and stores it for this browser.
    pub(super) async fn begin_at(
        &self,
        stored: &StoredProvider,
        headers: &HeaderMap,
        link: String,
        is_trial: bool,
    ) -> Result<WayThere, FlowError> {
        let provider = &self.context.provider;
        let client = provider.client(stored)?;
        let state = Token::new()?;
        // One for all of the browser's tabs.
        let browser = self.cookies.provider_browser(headers).map_or_else(Token::new, Ok)?;
        let secrets = FlowSecrets::of(&browser, &state);
        let prefill = self.link().prefill.for_flow(Flow::SignUp).email_address;
        let hint = prefill.as_deref().and_then(login_hint);
        let url = provider.providers.authorization_url(&client, &self.redirect_uri(), &state, &secrets, hint).await?;
        let begun = BegunSignIn { issuer: client.issuer, client_id: client.client_id, link, is_trial };
        self.read(store::begin(&self.context.pool, self.snapshot.id, &state, &browser, &begun)).await?;
        Ok(WayThere { url, browser })
    }

    /// Sends the browser to the provider.
    pub(super) fn go(&self, way: &WayThere) -> Response {
        let mut response = self.redirect(way.url.as_str());
        self.cookies.set_provider_browser(response.headers_mut(), &way.browser);
        response
    }

    /// Redeems the code that the provider has sent the browser back with. Returns the provider as it is stored, and the person.
    pub(super) async fn redeem(
        &self,
        begun: &BegunSignIn,
        callback: Callback,
        browser: &Token,
        state: &Token,
    ) -> Result<(StoredProvider, Person), FlowError> {
        let stored = self.provider().await?.ok_or(FlowError::Expired)?;
        if stored.settings.issuer != begun.issuer || stored.settings.client_id != begun.client_id {
            return Err(FlowError::Expired);
        }
        let provider = &self.context.provider;
        let client = provider.client(&stored)?;
        let secrets = FlowSecrets::of(browser, state);
        let person = provider.providers.redeem(&client, &self.redirect_uri(), callback, &secrets).await?;
        Ok((stored, person))
    }

    /// The instance's provider; `None` if it has none any more.
    pub(super) async fn provider(&self) -> Result<Option<StoredProvider>, IdentityError> {
        self.read(async { Ok(settings_store::find(timed(&self.context.pool), self.snapshot.id).await?) }).await
    }

    /// Where the provider sends visitors back.
    fn redirect_uri(&self) -> String {
        self.external_url(CALLBACK)
    }
}
