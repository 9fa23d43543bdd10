//! Codes that people type: recovery codes of admins, and codes that visitors get by mail. Each counts once.

use std::fmt;

use sha2::{Digest, Sha256};

/// The characters of a code: Crockford's base 32, which has no letters that look like digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The number of characters in a code, five bits each: 80 bits, too many to try even for somebody who has the hashes.
const CHARS: usize = 16;

/// A code that somebody types, or that is in a link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code([u8; CHARS]);

/// A log must not hold it.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code")
    }
}

impl Code {
    /// A new random code.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; CHARS];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes.map(|byte| ALPHABET[usize::from(byte) % ALPHABET.len()])))
    }

    /// Reads a code as typed, with or without its hyphens, in upper or lower case; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        });
        let bytes: Option<Vec<u8>> = typed.map(|c| u8::try_from(c).ok().filter(|byte| ALPHABET.contains(byte))).collect();
        bytes?.try_into().ok().map(Self)
    }

    /// The code's SHA-256, which is stored. A code is random, so it needs no slow hash.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// In groups of four characters. Only the person that it is for may see it.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<&str> = self.0.chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
        f.write_str(&groups.join("-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_back_however_it_is_typed() {
        let code = Code::parse("0123-4567-89ab-cdef").unwrap();
        assert_eq!(code.to_string(), "0123-4567-89ab-cdef");
        for typed in ["0123456789ABCDEF", " o123 4567\t89ab cdef\n", "Oi23-4567-89AB-CDEF", "0l23456789abcdef"] {
            assert_eq!(Code::parse(typed), Some(code.clone()), "{typed}");
        }
        for wrong in ["", "0123-4567-89ab-cde", "0123-4567-89ab-cdeff", "u123-4567-89ab-cdef", "0123-4567-89ab-cdeü"] {
            assert_eq!(Code::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_two_codes_are_equal() {
        let mut codes: Vec<String> = (0..10).map(|_| Code::new().unwrap().to_string()).collect();
        assert!(codes.iter().all(|code| Code::parse(code).is_some_and(|read| read.to_string() == *code)));
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), 10);
    }
}
