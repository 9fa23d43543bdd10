//! The key of something that is limited: the same in every runtime of one server version. It does not
//! contain the value, but somebody who guesses the value can check the guess.

use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Key = [u8; 32];

/// The key of a value of one limit.
pub fn key_of(limit: &str, value: &impl Hash) -> Key {
    let mut hasher = Sha256Hasher(Sha256::new());
    (limit, value).hash(&mut hasher);
    hasher.0.finalize().into()
}

struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Unused: nobody asks for only 64 bits.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_limits_have_keys_of_their_own() {
        assert_eq!(key_of("a", &("ana", 1)), key_of("a", &("ana", 1)));
        for (limit, value) in [("b", ("ana", 1)), ("a", ("ana", 2)), ("a", ("ben", 1))] {
            assert_ne!(key_of(limit, &value), key_of("a", &("ana", 1)));
        }
    }
}
