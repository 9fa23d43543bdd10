//! A key that signs tokens: ECDSA on P-256 with SHA-256, which JOSE calls ES256 (RFC 7518, section 3.4).

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey},
};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::credentials::secret_key::{NotDecrypted, SecretKey};

/// Why a key can't be made, or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
    /// It can't be decrypted.
    #[error("a signing key can't be read: {0}; give this server the --secret-key-file that encrypted it")]
    Encrypted(#[from] NotDecrypted),
    /// What was decrypted is no key.
    #[error("a signing key is damaged")]
    Damaged,
}

/// The public half of a key, as a JSON Web Key (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jwk {
    kty: &'static str,
    crv: &'static str,
    x: String,
    y: String,
    #[serde(rename = "use")]
    purpose: &'static str,
    alg: &'static str,
    kid: String,
}

impl Jwk {
    /// The key with that uncompressed point; `None` if it is none.
    pub fn of(public_key: &[u8]) -> Option<Self> {
        let (4, point) = (*public_key.first()?, public_key.get(1..)?) else { return None };
        let (x, y) = point.split_at_checked(32).filter(|(_, y)| y.len() == 32)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        // The required members in this order, without blanks (RFC 7638, section 3).
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        Some(Self { kty: "EC", crv: "P-256", x, y, purpose: "sig", alg: "ES256", kid: URL_SAFE_NO_PAD.encode(thumbprint) })
    }

    /// The key's name in tokens: its thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

/// A new key, as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Its name.
    pub kid: String,
    /// The public point, uncompressed.
    pub public_key: Vec<u8>,
    /// The private key, encrypted.
    pub private_key: Vec<u8>,
}

impl NewKey {
    /// Makes a key for an instance.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new(instance: i64, secret: &SecretKey) -> Result<Self, KeyError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).map_err(|_| KeyError::Random)?;
        let pair = read(pkcs8.as_ref())?;
        let public_key = pair.public_key().as_ref().to_vec();
        let kid = Jwk::of(&public_key).ok_or(KeyError::Damaged)?.kid;
        let private_key = secret.encrypt(pkcs8.as_ref(), &purpose(instance)).map_err(|_| KeyError::Random)?;
        Ok(Self { kid, public_key, private_key })
    }
}

/// A log must not hold it.
impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// A key that signs.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    /// The header of every token, encoded.
    header: String,
    random: SystemRandom,
}

impl SigningKey {
    /// Reads a stored key.
    ///
    /// # Errors
    /// It was encrypted with another key or for another instance, or is damaged.
    pub fn decrypt(kid: &str, private_key: &[u8], instance: i64, secret: &SecretKey) -> Result<Self, KeyError> {
        let pair = read(&secret.decrypt(private_key, &purpose(instance))?)?;
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "ES256", "kid": kid, "typ": "JWT" }).to_string());
        Ok(Self { pair, header, random: SystemRandom::new() })
    }

    /// Signs claims as a JSON Web Token (RFC 7519).
    ///
    /// # Errors
    /// The system gives no random bytes, or the claims can't be serialised.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        let claims = serde_json::to_vec(claims).map_err(|_| KeyError::Damaged)?;
        let mut token = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims));
        let signature = self.pair.sign(&self.random, token.as_bytes()).map_err(|_| KeyError::Random)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(token)
    }

    /// Whether a signature of this text is this key's.
    pub(super) fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key()).verify(text, signature).is_ok()
    }
}

/// A log must not hold it.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// Whether a stored key can be read with this secret key.
///
/// # Errors
/// It can't.
pub fn check(private_key: &[u8], instance: i64, secret: &SecretKey) -> Result<(), KeyError> {
    read(&secret.decrypt(private_key, &purpose(instance))?).map(|_| ())
}

fn read(pkcs8: &[u8]) -> Result<EcdsaKeyPair, KeyError> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new()).map_err(|_| KeyError::Damaged)
}

/// What an encrypted key is, and whose.
fn purpose(instance: i64) -> Vec<u8> {
    format!("signing key of instance {instance}").into_bytes()
}
