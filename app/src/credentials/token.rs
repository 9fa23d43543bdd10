//! Tokens: random secrets for session cookies and one-time links.

use std::fmt;

use sha2::{Digest, Sha256};

use super::hex;

/// A random token of 256 bits. Only its hash is stored, so nobody who reads the database can use it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// A new random token.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reads what [`Token::secret`] has written; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() != 64 || !text.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The token in hexadecimal. Only the person that it is for may get it.
    pub fn secret(&self) -> String {
        hex(&self.0)
    }

    /// The token's SHA-256, which is stored. A token is random, so it needs no salt and no slow hash.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// A log must not hold it.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_no_two_tokens_are_equal() {
        let token = Token::new().unwrap();
        assert_eq!(Token::parse(&token.secret()), Some(token.clone()));
        assert_ne!(Token::new().unwrap(), token);
        assert_ne!(token.hash(), token.0);
    }

    #[test]
    fn a_text_that_is_not_a_token_is_none() {
        let right = Token::new().unwrap().secret();
        for text in ["", "x", &right[1..], &format!("{right}0"), &right.to_uppercase().replace('0', "A"), &"é".repeat(32), &"+f".repeat(32)]
        {
            assert_eq!(Token::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_log_does_not_show_it() {
        let token = Token::new().unwrap();
        assert!(!format!("{token:?}").contains(&token.secret()[..8]));
    }
}
