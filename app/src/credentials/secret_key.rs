//! The key that encrypts secrets which the server has to read back. It is kept outside the database.

use std::fmt;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

use super::hex;

/// The length of a key, in bytes.
const KEY_BYTES: usize = 32;

/// The length of the random nonce in front of each encrypted secret, in bytes.
const NONCE_BYTES: usize = 24;

/// A key of 256 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; KEY_BYTES]);

/// A log must not hold it.
impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

/// The text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is not a secret key: it must be 64 hexadecimal digits")]
pub struct NotAKey;

/// The secret was encrypted with another key, for somebody else, or has been changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret was encrypted with another key, for another account, or has been changed")]
pub struct NotDecrypted;

impl SecretKey {
    /// A new random key.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reads a key file: the key in hexadecimal. Blanks and line breaks around it don't count.
    ///
    /// # Errors
    /// The text is not a key.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let text = text.trim().as_bytes();
        if text.len() != 2 * KEY_BYTES || !text.iter().all(u8::is_ascii_hexdigit) {
            return Err(NotAKey);
        }
        let mut bytes = [0; KEY_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NotAKey)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAKey)?;
        }
        Ok(Self(bytes))
    }

    /// The key as it is written to its file.
    pub fn to_file(&self) -> String {
        hex(&self.0) + "\n"
    }

    /// Encrypts a secret with XChaCha20-Poly1305. `purpose` says what the secret is and whose: it can be read back only for the same.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn encrypt(&self, secret: &[u8], purpose: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let encrypted = self.cipher().encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: purpose });
        // The only error is a text of more than 256 GiB.
        Ok([&nonce[..], &encrypted.unwrap_or_default()].concat())
    }

    /// Reads back what [`Self::encrypt`] has written for the same purpose.
    ///
    /// # Errors
    /// It was encrypted with another key or for another purpose, or has been changed.
    pub fn decrypt(&self, encrypted: &[u8], purpose: &[u8]) -> Result<Vec<u8>, NotDecrypted> {
        let (nonce, text) = encrypted.split_first_chunk::<NONCE_BYTES>().ok_or(NotDecrypted)?;
        self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: purpose }).map_err(|_| NotDecrypted)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_from_its_file_and_anything_else_is_refused() {
        let key = SecretKey::new().unwrap();
        assert_eq!(SecretKey::parse(&key.to_file()), Ok(key.clone()));
        assert_eq!(SecretKey::parse(&format!(" {}\r\n", key.to_file().to_uppercase())), Ok(key.clone()));
        assert_ne!(SecretKey::new().unwrap(), key);
        assert_eq!(format!("{key:?}"), "SecretKey");
        for text in ["", "secret", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"ü".repeat(32), &"+1".repeat(32)] {
            assert_eq!(SecretKey::parse(text), Err(NotAKey), "{text}");
        }
    }

    #[test]
    fn a_secret_is_read_back_with_the_same_key_for_the_same_purpose_only() {
        let (key, other) = (SecretKey::new().unwrap(), SecretKey::new().unwrap());
        let encrypted = key.encrypt(b"a secret", b"of 1").unwrap();
        assert_eq!(key.decrypt(&encrypted, b"of 1").as_deref(), Ok(&b"a secret"[..]));
        assert_ne!(key.encrypt(b"a secret", b"of 1").unwrap(), encrypted, "the nonce is random");
        assert!(!encrypted.windows(8).any(|part| part == b"a secret"));
        assert_eq!(other.decrypt(&encrypted, b"of 1"), Err(NotDecrypted));
        assert_eq!(key.decrypt(&encrypted, b"of 2"), Err(NotDecrypted));
        for at in 0..encrypted.len() {
            let mut changed = encrypted.clone();
            changed[at] ^= 1;
            assert_eq!(key.decrypt(&changed, b"of 1"), Err(NotDecrypted), "byte {at}");
            assert_eq!(key.decrypt(&encrypted[..at], b"of 1"), Err(NotDecrypted), "cut at {at}");
        }
    }
}
