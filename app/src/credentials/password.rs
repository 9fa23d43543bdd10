//! Passwords: which ones are strong enough, and how they are stored. Hashing is slow on purpose, so it runs on threads of its own.

use std::sync::LazyLock;

use argon2::password_hash;
use unicode_normalization::UnicodeNormalization;

use super::{email::Email, hashing};
use crate::heavy_work::{NotDone, PASSWORDS};

/// The minimum number of characters. [NIST SP 800-63B](https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver) requires at least
/// eight, and advises against rules about kinds of characters.
pub(crate) const MIN_CHARS: usize = 12;

/// The maximum number of bytes. More would be no safer, and hashing it would cost more.
const MAX_BYTES: usize = 1024;

/// The minimum strength, as the crate `zxcvbn` rates it: 2 is enough where a rate limit slows guessing down.
const MIN_SCORE: zxcvbn::Score = zxcvbn::Score::Two;

/// How much of a password is rated, in characters: the time grows with the square of it, and no more is needed.
const MAX_RATED_CHARS: usize = 64;

/// The hash that a password is verified against if there is no account, so that it takes as long as for an account.
static DUMMY_HASH: LazyLock<Option<String>> = LazyLock::new(|| hashing::hash("nobody has this").ok());

/// A password as typed. It is never written anywhere.
#[derive(Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Password(String);

/// A log must not hold it.
impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Why a new password is not strong enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Nothing was typed.
    #[error("Choose a password.")]
    Empty,
    /// Too few characters.
    #[error("That is too short: 12 characters at least. A few words in a row are easy to remember.")]
    Short,
    /// Too many bytes.
    #[error("That is too long: 1,024 bytes at most.")]
    Long,
    /// Too easy to guess.
    #[error("That is guessed too easily. Add another word or two.")]
    Guessable,
}

/// Why a password could not be rated, hashed or verified.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The parameters or the stored hash are invalid.
    #[error("a password could not be hashed or verified: {0}")]
    Hash(#[from] password_hash::Error),
    /// The server is stopping.
    #[error(transparent)]
    NotDone(#[from] NotDone),
}

impl Password {
    /// Checks that a new password is strong enough for the account with that email address, if the address is known.
    ///
    /// # Errors
    /// The server is stopping. The inner error is the first rule that the password breaks.
    pub async fn check(&self, email: Option<&Email>) -> Result<Result<(), WeakPassword>, HashError> {
        self.check_against(&[email.map_or("", Email::as_str), email.map_or("", Email::local_part)]).await
    }

    /// Checks that a new password is strong enough. `known` are texts about the person, such as their name: somebody who guesses tries
    /// them first.
    ///
    /// # Errors
    /// The server is stopping. The inner error is the first rule that the password breaks.
    pub async fn check_against(&self, known: &[&str]) -> Result<Result<(), WeakPassword>, HashError> {
        if let Err(weak) = self.check_length() {
            return Ok(Err(weak));
        }
        let rated = first_chars(&self.0);
        let known: Vec<String> = known.iter().copied().chain(["portal redirects"]).map(first_chars).collect();
        Ok(PASSWORDS.run(move || rate(&rated, &known)).await?)
    }

    fn check_length(&self) -> Result<(), WeakPassword> {
        if self.0.is_empty() {
            Err(WeakPassword::Empty)
        } else if self.0.len() > MAX_BYTES {
            Err(WeakPassword::Long)
        } else if self.0.chars().count() < MIN_CHARS {
            Err(WeakPassword::Short)
        } else {
            Ok(())
        }
    }

    /// The password's hash to store: Argon2id with [OWASP's parameters](https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id).
    ///
    /// # Errors
    /// The system gives no random bytes, or the server is stopping.
    pub async fn hash(&self) -> Result<String, HashError> {
        let text = self.normalized();
        Ok(PASSWORDS.run(move || hashing::hash(&text)).await??)
    }

    /// Whether the password has that hash. `None` if there is no account: the answer is `false`, and takes as long.
    ///
    /// # Errors
    /// The stored hash is invalid, or the server is stopping.
    pub async fn matches(&self, stored: Option<String>) -> Result<bool, HashError> {
        // A text that is longer than any password is wrong without a check.
        let text = if self.0.len() > MAX_BYTES { String::new() } else { self.normalized() };
        let verified = PASSWORDS.run(move || {
            let Some(hash) = stored.as_deref().or(DUMMY_HASH.as_deref()) else { return Ok(false) };
            Ok(hashing::verify(&text, hash)? && stored.is_some())
        });
        verified.await?
    }

    /// The text as typed.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The text in NFC, which is the same however a keyboard writes accents.
    fn normalized(&self) -> String {
        self.0.nfc().collect()
    }
}

/// Rates a password. It takes tens of milliseconds.
fn rate(text: &str, known: &[String]) -> Result<(), WeakPassword> {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    if zxcvbn::zxcvbn(text, &known).score() < MIN_SCORE { Err(WeakPassword::Guessable) } else { Ok(()) }
}

/// As much of a text as is rated.
fn first_chars(text: &str) -> String {
    text.chars().take(MAX_RATED_CHARS).collect()
}

/// The stored hash of an account without a password. It has the parameters of all others, so a comparison takes as long. No password is
/// known whose hash is zero.
pub(crate) const NO_PASSWORD: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heavy_work::at_a_time;

    async fn weak(text: &str) -> Option<WeakPassword> {
        Password::from(text).check("ana@myapp.com".parse().as_ref().ok()).await.unwrap().err()
    }

    #[tokio::test]
    async fn a_new_password_is_long_enough_and_hard_to_guess() {
        assert_eq!(weak("").await, Some(WeakPassword::Empty));
        assert_eq!(weak("kX9!vQ2#mZ").await, Some(WeakPassword::Short));
        assert_eq!(weak(&"x9".repeat(5_000)).await, Some(WeakPassword::Long));
        for guessable in ["password1234", "aaaaaaaaaaaa", "ana@myapp.com", "qwertyuiop12", "123456789012"] {
            assert_eq!(weak(guessable).await, Some(WeakPassword::Guessable), "{guessable}");
        }
        for good in ["correct horse battery staple", "тёплый дождь в мае", "雨が降る前に帰りましょうね", "a-long-enough-passphrase"]
        {
            assert_eq!(weak(good).await, None, "{good}");
        }
    }

    #[tokio::test]
    async fn only_the_beginning_of_a_password_is_rated() {
        let begin = "aaaaaaaaaaaaaaaa".repeat(4);
        assert_eq!(weak(&format!("{begin}kX9!vQ2#mZ correct horse battery staple")).await, Some(WeakPassword::Guessable));
        assert_eq!(first_chars(&"ü".repeat(1_000)).chars().count(), MAX_RATED_CHARS);
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let password = Password::from("correct horse battery staple");
        let hash = password.hash().await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(password.hash().await.unwrap(), hash);
        assert!(password.matches(Some(hash.clone())).await.unwrap());
        for wrong in ["", "correct horse battery stapl", "Correct horse battery staple", &"x".repeat(10_000)] {
            assert!(!Password::from(wrong).matches(Some(hash.clone())).await.unwrap(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn many_sign_ins_at_once_take_the_memory_of_a_few() {
        let all: Vec<_> =
            (0..4 * at_a_time()).map(|_| tokio::spawn(async { Password::from("wrong").matches(None).await.unwrap() })).collect();
        for matched in all {
            assert!(!matched.await.unwrap());
        }
        assert!((1..=at_a_time()).contains(&hashing::kept()), "{}", hashing::kept());
    }

    #[tokio::test]
    async fn accents_match_however_a_keyboard_writes_them() {
        let hash = Password::from("t\u{fc}r und tor und mehr").hash().await.unwrap();
        assert!(Password::from("tu\u{308}r und tor und mehr").matches(Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn without_an_account_no_password_matches() {
        assert!(!Password::from("nobody has this").matches(None).await.unwrap());
    }

    #[test]
    fn a_log_does_not_show_a_password() {
        assert!(!format!("{:?}", Password::from("correct horse")).contains("horse"));
    }
}
