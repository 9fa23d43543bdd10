//! What signing in at providers needs on this server: the providers that it asks, and the key of the secrets that it has from them.

use app::{
    credentials::secret_key::SecretKey,
    identity_provider::{AllowedProviders, StoredProvider},
};
use tokio_rustls::rustls;

use super::{ProviderClient, ProviderError, Providers};
use crate::secret_key_file::{SecretKeyError, SecretKeyFile};

/// What signing in at providers needs.
#[derive(Clone, Debug)]
pub(crate) struct ProviderContext {
    pub(crate) providers: Providers,
    key_file: Option<SecretKeyFile>,
}

impl ProviderContext {
    /// The providers that are allowed, and the file of the key.
    ///
    /// # Errors
    /// The TLS library supports no protocol version.
    pub(crate) fn new(allowed: AllowedProviders, key_file: SecretKeyFile) -> Result<Self, rustls::Error> {
        Ok(Self { providers: Providers::new(allowed)?, key_file: Some(key_file) })
    }

    /// A server that asks no providers.
    pub(crate) fn off() -> Self {
        Self { providers: Providers::with(None, AllowedProviders::Off), key_file: None }
    }

    /// The client of a stored provider, with its secret.
    ///
    /// # Errors
    /// The secret can't be decrypted.
    pub(crate) fn client(&self, stored: &StoredProvider) -> Result<ProviderClient, ProviderError> {
        let settings = &stored.settings;
        let client_secret = match &stored.client_secret {
            None => None,
            Some(secret) => {
                let file = self.key_file.as_ref().ok_or(ProviderError::Off)?;
                let key = file.read().map_err(|error| ProviderError::Secret(error.to_string()))?;
                let secret = secret.decrypt(&key, stored.instance, &settings.issuer, &settings.client_id);
                Some(secret.map_err(|error| ProviderError::Secret(error.to_string()))?)
            }
        };
        Ok(ProviderClient {
            issuer: settings.issuer.clone(),
            client_id: settings.client_id.clone(),
            client_secret,
            scopes: settings.scopes.clone(),
        })
    }

    /// The key for a new secret. It is created if `is_first`: nothing is encrypted yet.
    ///
    /// # Errors
    /// The file can't be read or created.
    pub(crate) fn key_for_new_secret(&self, is_first: bool) -> Option<Result<SecretKey, SecretKeyError>> {
        self.key_file.as_ref().map(|file| if is_first { file.read_or_create() } else { file.read() })
    }
}
