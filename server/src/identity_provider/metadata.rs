//! What a provider says about itself (`OpenID` Connect Discovery 1.0): fetched without following redirects, and for the issuer that was
//! configured, to the letter.

use openidconnect::{AuthType, core::CoreJwsSigningAlgorithm};
use serde::Deserialize;
use url::Url;

use app::identity_provider::AllowedProviders;

use super::{ProviderError, Providers};

/// The part of the discovery document that is used here.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) jwks_uri: Url,
    pub(crate) userinfo_endpoint: Option<Url>,
    pub(crate) end_session_endpoint: Option<Url>,
    #[serde(default)]
    pub(crate) id_token_signing_alg_values_supported: Vec<String>,
    pub(crate) code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub(crate) scopes_supported: Option<Vec<String>>,
    pub(crate) claims_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Fetches the discovery document of an issuer.
    ///
    /// # Errors
    /// It is not there, not that issuer's, or says that the provider can't do what is needed.
    pub(super) async fn fetch(providers: &Providers, issuer: &str) -> Result<Self, ProviderError> {
        providers.http()?;
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|error| ProviderError::Discovery(error.to_string()))?;
        providers.check_scheme(&url)?;
        let fetched = providers.get(&url, None).await?;
        let metadata: Self = serde_json::from_slice(&fetched.body).map_err(|error| {
            // Its message would repeat parts of the document, which may be of another server.
            ProviderError::Discovery(format!("it can't be read at line {}, column {}", error.line(), error.column()))
        })?;
        if metadata.issuer != issuer {
            return Err(ProviderError::Issuer { expected: issuer.to_owned(), said: metadata.issuer });
        }
        let endpoints = [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
        for url in endpoints.into_iter().chain(&metadata.userinfo_endpoint).chain(&metadata.end_session_endpoint) {
            providers.check_scheme(url)?;
        }
        // Some providers support PKCE and don't say so.
        if metadata.code_challenge_methods_supported.as_ref().is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
            return Err(ProviderError::Unsupported("PKCE with S256"));
        }
        if metadata.algorithms().is_empty() {
            return Err(ProviderError::Unsupported("an asymmetric signature of ID tokens, like RS256 or ES256"));
        }
        metadata.auth_type()?;
        Ok(metadata)
    }

    /// The signatures of ID tokens that count: those that the provider announces, and never one with a shared key, or none.
    pub(crate) fn algorithms(&self) -> Vec<CoreJwsSigningAlgorithm> {
        let announced = self.id_token_signing_alg_values_supported.iter();
        announced.filter_map(|name| asymmetric(name)).collect()
    }

    /// How the client proves who it is.
    pub(super) fn auth_type(&self) -> Result<AuthType, ProviderError> {
        let has = |method: &str| match &self.token_endpoint_auth_methods_supported {
            Some(methods) => methods.iter().any(|supported| supported == method),
            None => method == "client_secret_basic",
        };
        if has("client_secret_basic") {
            Ok(AuthType::BasicAuth)
        } else if has("client_secret_post") || has("none") {
            Ok(AuthType::RequestBody)
        } else {
            Err(ProviderError::Unsupported("client_secret_basic or client_secret_post"))
        }
    }
}

impl Providers {
    /// Checks that an address has TLS. Providers in private networks may do without.
    fn check_scheme(&self, url: &Url) -> Result<(), ProviderError> {
        let is_plain = url.scheme() == "http" && self.allowed == AllowedProviders::Private;
        if url.scheme() == "https" || is_plain { Ok(()) } else { Err(ProviderError::NotHttps(url.to_string())) }
    }
}

/// The asymmetric algorithm of that name that can be verified.
fn asymmetric(name: &str) -> Option<CoreJwsSigningAlgorithm> {
    Some(match name {
        "RS256" => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        "RS384" => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
        "RS512" => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
        "PS256" => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        "PS384" => CoreJwsSigningAlgorithm::RsaSsaPssSha384,
        "PS512" => CoreJwsSigningAlgorithm::RsaSsaPssSha512,
        "ES256" => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        "ES384" => CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        "EdDSA" => CoreJwsSigningAlgorithm::EdDsa,
        _ => return None,
    })
}
