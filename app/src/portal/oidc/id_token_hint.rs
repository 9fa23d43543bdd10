//! `id_token_hint`: an ID token that a client sends back, to say whom it means (`OpenID` Connect Core, section 3.1.2.1, and RP-Initiated
//! Logout 1.0, section 2). It may have expired: only its signature and its issuer are checked.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};
use uuid::Uuid;

use super::key_ring::KeyRing;

/// The claims of an ID token of this issuer. A token of `/v1/session` does not pass as one: it has no `aud`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IdTokenHint {
    iss: String,
    /// The visitor.
    pub sub: Uuid,
    /// The session.
    pub sid: Uuid,
    /// The client that it was given to.
    pub aud: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

impl IdTokenHint {
    /// Reads an ID token; `None` if none of these keys has signed it, or for another issuer.
    pub fn read(token: &str, issuer: &str, keys: &KeyRing) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = decode(header)?;
        let key = keys.find(&header.kid).filter(|_| header.alg == "ES256")?;
        let is_signed = key.has_signed(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?);
        let hint: Self = decode(claims).filter(|_| is_signed)?;
        (hint.iss == issuer).then_some(hint)
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
