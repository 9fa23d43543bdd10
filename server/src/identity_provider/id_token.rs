//! Verifies an ID token (`OpenID` Connect Core 1.0, 3.1.3.7), and reads who it is about.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    ClaimsVerificationError, ClientId, IssuerUrl, Nonce, SignatureVerificationError,
    core::{CoreIdToken, CoreIdTokenVerifier},
};
use serde_json::{Map, Value};

use super::{Provider, ProviderError};

/// How far the clocks of this server and a provider may differ.
const MAX_SKEW: TimeDelta = TimeDelta::seconds(60);

/// What this file's own check tells the library, which calls it expired.
const FUTURE: &str = "issued in the future";

/// The longest `sub`, in bytes (`OpenID` Connect Core 1.0, 2).
const MAX_SUBJECT_BYTES: usize = 255;

/// A person, as a provider describes them. Personal data: not for logs.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// The claims of the ID token, and those of the userinfo response that it does not have.
    pub(crate) claims: Map<String, Value>,
}

/// Why an ID token is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum IdTokenError {
    /// No key of the provider has that id.
    UnknownKey,
    /// Anything else.
    Other(String),
}

impl From<IdTokenError> for ProviderError {
    fn from(refused: IdTokenError) -> Self {
        Self::IdToken(match refused {
            IdTokenError::UnknownKey => "the provider has no key of that id".to_owned(),
            IdTokenError::Other(why) => why,
        })
    }
}

/// Verifies an ID token by the provider's keys.
pub(super) fn verify(token: &CoreIdToken, provider: &Provider, client_id: &str, nonce: &Nonce) -> Result<Person, IdTokenError> {
    let other = |why: &str| IdTokenError::Other(why.to_owned());
    let issuer = IssuerUrl::new(provider.metadata.issuer.clone()).map_err(|_| other("the issuer is no URL"))?;
    // A public client's verifier has no secret, so no token that is signed with a shared key can count.
    let verifier = CoreIdTokenVerifier::new_public_client(ClientId::new(client_id.to_owned()), issuer, provider.keys.clone())
        .set_allowed_algs(provider.metadata.algorithms())
        // `azp` says below whether a token with further audiences is for this client.
        .set_other_audience_verifier_fn(|_| true)
        .set_time_fn(|| Utc::now() - MAX_SKEW)
        .set_issue_time_verifier_fn(|issued| if issued > Utc::now() + MAX_SKEW { Err(FUTURE.to_owned()) } else { Ok(()) });
    let claims = token.claims(&verifier, nonce).map_err(refused)?;
    let subject = claims.subject().to_string();
    if subject.is_empty() || subject.len() > MAX_SUBJECT_BYTES {
        return Err(other("its subject is empty or too long"));
    }
    let claims = payload(token).ok_or_else(|| other("it can't be read"))?;
    let audiences = claims.get("aud").and_then(Value::as_array).map_or(1, Vec::len);
    match claims.get("azp") {
        Some(party) if party.as_str() != Some(client_id) => return Err(other("it was issued to another client")),
        None if audiences > 1 => return Err(other("it is for several audiences, and does not say which client it was issued to")),
        _ => {}
    }
    let begins = claims.get("nbf").and_then(Value::as_i64).and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    if begins.is_some_and(|begins| begins > Utc::now() + MAX_SKEW) {
        return Err(other("it is not valid yet"));
    }
    Ok(Person { issuer: provider.metadata.issuer.clone(), subject, claims })
}

/// Why the library refuses a token, without anything from the token.
fn refused(error: ClaimsVerificationError) -> IdTokenError {
    let why = match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => return IdTokenError::UnknownKey,
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::UnsupportedAlg(_)
            | SignatureVerificationError::NoSignature,
        ) => "its signature is of a kind that does not count",
        ClaimsVerificationError::SignatureVerification(_) => "its signature is wrong",
        ClaimsVerificationError::Expired(why) if why.contains(FUTURE) => "it is from the future",
        ClaimsVerificationError::Expired(_) => "it has expired",
        ClaimsVerificationError::InvalidAudience(_) => "it is for another client",
        ClaimsVerificationError::InvalidIssuer(_) => "it is from another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "it is of another sign-in (nonce)",
        _ => "it is not valid",
    };
    IdTokenError::Other(why.to_owned())
}

/// The claims of a token whose signature was verified.
fn payload(token: &CoreIdToken) -> Option<Map<String, Value>> {
    let text = token.to_string();
    let part = text.split('.').nth(1)?;
    // The library has decoded the same text before.
    serde_json::from_slice(&base64_url(part)?).ok()
}

/// Decodes base64 without padding, for URLs.
fn base64_url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
