//! The token itself: a prefix, random characters and a checksum, so that secret scanners find a leaked one and nobody else's text is
//! taken for one. The format is GitHub's: <https://github.blog/engineering/behind-githubs-new-authentication-token-formats/>.

use std::fmt;

use sha2::{Digest, Sha256};

/// What every token begins with.
pub const PREFIX: &str = "prt_";

/// How many random characters a token has: 256 bits.
const RANDOM_CHARACTERS: usize = 43;

/// How many characters its checksum has.
const CHECKSUM_CHARACTERS: usize = 6;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token. Only its hash is stored, so nobody who reads the database can use it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new random token.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut text = PREFIX.to_owned();
        let random = PREFIX.len() + RANDOM_CHARACTERS;
        while text.len() < random {
            let mut bytes = [0; 64];
            getrandom::fill(&mut bytes)?;
            // Bytes from 248 on would make some characters likelier than others.
            let characters = bytes.iter().filter(|byte| **byte < 248).map(|byte| char::from(BASE62[usize::from(byte % 62)]));
            text.extend(characters.take(random - text.len()));
        }
        text.push_str(&checksum(&text));
        Ok(Self(text))
    }

    /// Reads a token. Returns `None` if the text is not a token, for example because its checksum is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != PREFIX.len() + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS || !text.is_ascii() || !text.starts_with(PREFIX) {
            return None;
        }
        let (body, sum) = text.split_at(PREFIX.len() + RANDOM_CHARACTERS);
        let is_base62 = body[PREFIX.len()..].bytes().all(|byte| BASE62.contains(&byte));
        (is_base62 && checksum(body) == sum).then(|| Self(text.to_owned()))
    }

    /// The text. Only its maker may get it, once.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The token's SHA-256, which is stored. A token is random, so it needs no salt and no slow hash.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// The CRC-32 of everything before it, in base 62.
fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut sum = [b'0'; CHECKSUM_CHARACTERS];
    for character in sum.iter_mut().rev() {
        *character = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    sum.into_iter().map(char::from).collect()
}

/// A log must not hold it.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_no_two_are_equal() {
        let secret = Secret::new().unwrap();
        assert_eq!(secret.text().len(), 53);
        assert_eq!(Secret::parse(secret.text()), Some(secret.clone()));
        assert_ne!(Secret::new().unwrap(), secret);
        assert!(!format!("{secret:?}").contains(&secret.text()[..8]), "a log does not show it");
    }

    #[test]
    fn the_checksum_stays_what_it_is() {
        let body = format!("prt_{}", "a".repeat(43));
        assert_eq!(checksum(&body), "48V538");
        assert!(Secret::parse(&format!("{body}{}", checksum(&body))).is_some());
    }

    #[test]
    fn a_text_with_one_wrong_character_is_no_token() {
        let right = Secret::new().unwrap().text().to_owned();
        for at in 0..right.len() {
            let other = if right.as_bytes()[at] == b'x' { "y" } else { "x" };
            let wrong = format!("{}{other}{}", &right[..at], &right[at + 1..]);
            assert_eq!(Secret::parse(&wrong), None, "{wrong}");
        }
        for text in ["", "prt_", &right[1..], &format!("{right} "), &format!(" {right}"), &right.replace("prt_", "PRT_"), &"é".repeat(26)]
        {
            assert_eq!(Secret::parse(text), None, "{text}");
        }
    }
}
