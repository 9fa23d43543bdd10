//! The authorization code flow with PKCE S256 (RFC 7636), state, nonce and the issuer in the response (RFC 9207).

use std::borrow::Cow;

use app::credentials::{hex, token::Token};
use hyper::body::Bytes;
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, TokenResponse, TokenUrl,
    core::{CoreClient, CoreJsonWebKeySet, CoreTokenResponse},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::Url;

use super::{Person, Provider, ProviderError, Providers, id_token, userinfo};
use crate::outgoing::{Client, OutgoingError, OutgoingRequest};

/// The longest `login_hint` that is sent, in bytes: the longest email address, and some more for other identifiers.
const MAX_HINT_BYTES: usize = 320;

/// Who asks a provider.
#[derive(Clone)]
pub(crate) struct ProviderClient {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    /// `None` for a public client.
    pub(crate) client_secret: Option<String>,
    /// Separated by spaces.
    pub(crate) scopes: String,
}

/// What only the browser that began can compute: it has the token in a cookie. The server stores neither.
pub(crate) struct FlowSecrets {
    pub(crate) nonce: String,
    pub(super) verifier: String,
}

impl FlowSecrets {
    /// The secrets of the flow with that state, in the browser with that token.
    pub(crate) fn of(browser: &Token, state: &Token) -> Self {
        let derive = |label: &str| hex(&Sha256::digest(format!("{label}:{}:{}", browser.secret(), state.secret())));
        Self { nonce: derive("nonce"), verifier: derive("verifier") }
    }
}

/// The parameters with which a provider sends a browser back.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Callback {
    pub(crate) state: String,
    pub(crate) code: Option<String>,
    pub(crate) iss: Option<String>,
    pub(crate) error: Option<String>,
}

/// The `login_hint` for what a link or a field says; `None` if there is nothing to send.
pub(crate) fn login_hint(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|hint| !hint.is_empty() && hint.len() <= MAX_HINT_BYTES)
}

impl Providers {
    /// The address at the provider where a sign-in begins.
    ///
    /// # Errors
    /// The provider does not answer, or its answer is wrong.
    pub(crate) async fn authorization_url(
        &self,
        client: &ProviderClient,
        redirect_uri: &str,
        state: &Token,
        secrets: &FlowSecrets,
        hint: Option<&str>,
    ) -> Result<Url, ProviderError> {
        let provider = self.find(&client.issuer).await?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(secrets.verifier.clone()));
        let mut url = provider.metadata.authorization_endpoint.clone();
        url.set_fragment(None);
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", &client.scopes)
            .append_pair("state", &state.secret())
            .append_pair("nonce", &secrets.nonce)
            .append_pair("code_challenge", challenge.as_str())
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(hint.map(|hint| ("login_hint", hint)));
        Ok(url)
    }

    /// Redeems the code with which the provider has sent a browser back, and verifies who it says that is.
    ///
    /// # Errors
    /// The response is an error or another provider's, the code is not redeemed, or what is returned for it is not valid.
    pub(crate) async fn redeem(
        &self,
        client: &ProviderClient,
        redirect_uri: &str,
        callback: Callback,
        secrets: &FlowSecrets,
    ) -> Result<Person, ProviderError> {
        let provider = self.find(&client.issuer).await?;
        // Before anything else: an error, too, counts only if it is from that provider.
        let is_from_provider = match &callback.iss {
            Some(issuer) => *issuer == client.issuer,
            None => !provider.metadata.authorization_response_iss_parameter_supported,
        };
        if !is_from_provider {
            return Err(ProviderError::MixedUp);
        }
        if let Some(error) = callback.error {
            return Err(ProviderError::Denied(error_code(&error)));
        }
        let code = callback.code.ok_or(ProviderError::NoCode)?;
        let tokens = self.exchange(client, &provider, redirect_uri, code, secrets).await?;
        let id_token = tokens.id_token().ok_or_else(|| ProviderError::IdToken("there is none".to_owned()))?;
        let (client_id, nonce) = (&client.client_id, Nonce::new(secrets.nonce.clone()));
        let mut person = match id_token::verify(id_token, &provider, client_id, &nonce) {
            Err(id_token::IdTokenError::UnknownKey) => {
                // The keys may have been rotated. If the new ones don't have it either, it is refused.
                let provider = self.refresh_keys(&provider).await?;
                id_token::verify(id_token, &provider, client_id, &nonce)
            }
            verified => verified,
        }?;
        if let Some(url) = &provider.metadata.userinfo_endpoint {
            userinfo::add(self, url, tokens.access_token().secret(), &mut person).await?;
        }
        Ok(person)
    }

    async fn exchange(
        &self,
        client: &ProviderClient,
        provider: &Provider,
        redirect_uri: &str,
        code: String,
        secrets: &FlowSecrets,
    ) -> Result<CoreTokenResponse, ProviderError> {
        let wrong = |error: url::ParseError| ProviderError::Token(error.to_string());
        let issuer = IssuerUrl::new(client.issuer.clone()).map_err(wrong)?;
        let redirect = RedirectUrl::new(redirect_uri.to_owned()).map_err(wrong)?;
        let endpoint = &provider.metadata.token_endpoint;
        let auth_type = if client.client_secret.is_some() { provider.metadata.auth_type()? } else { AuthType::RequestBody };
        let mut asking = CoreClient::new(ClientId::new(client.client_id.clone()), issuer, CoreJsonWebKeySet::new(Vec::new()))
            .set_auth_type(auth_type)
            .set_token_uri(TokenUrl::from_url(endpoint.clone()));
        if let Some(secret) = &client.client_secret {
            asking = asking.set_client_secret(ClientSecret::new(secret.clone()));
        }
        let http = self.http()?.clone();
        let send = move |request: HttpRequest| send(http.clone(), request);
        asking
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier.clone()))
            .set_redirect_uri(Cow::Owned(redirect))
            .request_async(&send)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(error) => ProviderError::Token(error_code(error.error().as_ref())),
                RequestTokenError::Request(error) => ProviderError::outgoing(endpoint, error),
                // Neither the answer nor where it went wrong in it: there may be tokens in it.
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => ProviderError::Token("the answer can't be read".to_owned()),
            })
    }
}

/// Sends a request of the library with this project's own client.
async fn send(client: Client, request: HttpRequest) -> Result<HttpResponse, OutgoingError> {
    let (head, body) = request.into_parts();
    let url = Url::parse(&head.uri.to_string()).map_err(|_| OutgoingError::Unsupported)?;
    let request = OutgoingRequest { method: head.method, url: &url, headers: head.headers, body: Bytes::from(body) };
    let fetched = client.fetch(request).await?;
    let mut response = HttpResponse::new(fetched.body.to_vec());
    *response.status_mut() = fetched.status;
    *response.headers_mut() = fetched.headers;
    Ok(response)
}

/// A provider's error code, if it looks like one: it is shown and logged.
fn error_code(text: &str) -> String {
    let is_code = !text.is_empty() && text.len() <= 64 && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-.".contains(&c));
    if is_code { text.to_owned() } else { "an unknown error".to_owned() }
}
