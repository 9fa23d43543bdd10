//! Sign-in at an `OpenID` Connect provider: what the provider says about itself (discovery), the code flow with PKCE, and the verification
//! of what comes back. Nothing here knows visitors or admins.

mod code_flow;
mod context;
mod error;
mod id_token;
mod metadata;
#[cfg(test)]
mod tests;
mod userinfo;

use std::{sync::Arc, time::Duration};

use app::identity_provider::AllowedProviders;
use hyper::{
    Method,
    header::{ACCEPT, HeaderValue},
};
use moka::sync::Cache;
use openidconnect::core::CoreJsonWebKeySet;
use tokio_rustls::rustls;
use url::Url;

use crate::outgoing::{AddressPolicy, Client, Fetched, OutgoingRequest};

pub(crate) use code_flow::{Callback, FlowSecrets, ProviderClient, login_hint};
pub(crate) use context::ProviderContext;
pub(crate) use error::ProviderError;
pub(crate) use id_token::Person;
use metadata::Metadata;

/// For how long a provider's metadata and keys are cached. An unknown key is looked up at once.
const MAX_AGE: Duration = Duration::from_mins(10);

/// How many providers are cached.
const MAX_PROVIDERS: u64 = 1_000;

/// The providers that this server asks.
#[derive(Clone, Debug)]
pub(crate) struct Providers {
    /// `None` on a server that asks none.
    http: Option<Client>,
    allowed: AllowedProviders,
    cache: Cache<String, Arc<Provider>>,
}

/// What a provider says about itself.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) metadata: Metadata,
    pub(crate) keys: CoreJsonWebKeySet,
}

impl Providers {
    /// The providers that the configuration allows.
    ///
    /// # Errors
    /// The TLS library supports no protocol version.
    pub(crate) fn new(allowed: AllowedProviders) -> Result<Self, rustls::Error> {
        let http = match allowed {
            AllowedProviders::Off => None,
            AllowedProviders::Public => Some(Client::new(AddressPolicy::Public)?),
            AllowedProviders::Private => Some(Client::new(AddressPolicy::Private)?),
        };
        Ok(Self::with(http, allowed))
    }

    /// The same with an HTTP client of its own.
    fn with(http: Option<Client>, allowed: AllowedProviders) -> Self {
        Self { http, allowed, cache: Cache::builder().max_capacity(MAX_PROVIDERS).time_to_live(MAX_AGE).build() }
    }

    /// Which providers the server asks.
    pub(crate) fn allowed(&self) -> AllowedProviders {
        self.allowed
    }

    /// What a provider says about itself, from the cache if it is there.
    ///
    /// # Errors
    /// It does not answer, or its answer is wrong.
    pub(crate) async fn find(&self, issuer: &str) -> Result<Arc<Provider>, ProviderError> {
        match self.cache.get(issuer) {
            Some(provider) => Ok(provider),
            None => self.discover(issuer).await,
        }
    }

    /// The same, asked anew.
    ///
    /// # Errors
    /// It does not answer, or its answer is wrong.
    pub(crate) async fn discover(&self, issuer: &str) -> Result<Arc<Provider>, ProviderError> {
        let metadata = Metadata::fetch(self, issuer).await?;
        let keys = self.keys(&metadata).await?;
        let provider = Arc::new(Provider { metadata, keys });
        self.cache.insert(issuer.to_owned(), Arc::clone(&provider));
        Ok(provider)
    }

    /// The provider with the keys that it has now.
    async fn refresh_keys(&self, provider: &Provider) -> Result<Arc<Provider>, ProviderError> {
        let metadata = provider.metadata.clone();
        let keys = self.keys(&metadata).await?;
        let provider = Arc::new(Provider { metadata, keys });
        self.cache.insert(provider.metadata.issuer.clone(), Arc::clone(&provider));
        Ok(provider)
    }

    async fn keys(&self, metadata: &Metadata) -> Result<CoreJsonWebKeySet, ProviderError> {
        let fetched = self.get(&metadata.jwks_uri, None).await?;
        serde_json::from_slice(&fetched.body).map_err(|_| ProviderError::Keys)
    }

    /// Asks for a document. A redirect is an error, as is any other status than 200.
    async fn get(&self, url: &Url, authorization: Option<HeaderValue>) -> Result<Fetched, ProviderError> {
        let mut request = OutgoingRequest::new(Method::GET, url);
        request.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(authorization) = authorization {
            request.headers.insert(hyper::header::AUTHORIZATION, authorization);
        }
        let fetched = self.http()?.fetch(request).await.map_err(|error| ProviderError::outgoing(url, error))?;
        if fetched.status == hyper::StatusCode::OK {
            Ok(fetched)
        } else {
            Err(ProviderError::Status { url: url.to_string(), status: fetched.status.as_u16() })
        }
    }

    fn http(&self) -> Result<&Client, ProviderError> {
        self.http.as_ref().ok_or(ProviderError::Off)
    }
}
