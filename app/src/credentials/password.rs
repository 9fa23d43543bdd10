//! Passwords: which are good enough, and how they are stored. Hashing is slow on purpose, so it runs beside the requests.

use std::{
    sync::{Arc, LazyLock},
    thread,
};

use argon2::{
    Argon2,
    password_hash::{self, PasswordHasher, PasswordVerifier},
};
use tokio::{sync::Semaphore, task};
use unicode_normalization::UnicodeNormalization;

use crate::admins::Email;

/// The fewest characters. [NIST SP 800-63B](https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver) asks for eight at least; no kind of
/// character is asked for, as it advises.
const FEWEST: usize = 12;

/// The most bytes. More is no safer, and hashing it costs.
const MOST_BYTES: usize = 1024;

/// The lowest strength that is taken, as crate `zxcvbn` counts it: 2 withstands guessing at a sign-in that limits tries.
const WEAKEST: zxcvbn::Score = zxcvbn::Score::Two;

/// What is hashed at a time: each takes a core and 19 MiB.
static HASHING: LazyLock<Arc<Semaphore>> =
    LazyLock::new(|| Arc::new(Semaphore::new(thread::available_parallelism().map_or(1, usize::from))));

/// What a password is compared with where there is no account, so that it takes as long as where there is one.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now("nobody has this").ok());

/// A password as typed. It is written nowhere.
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

/// What is wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Nothing was typed.
    #[error("Choose a password.")]
    Empty,
    /// Too few characters.
    #[error("That is too short: 12 characters at least. A few words in a row are easy to remember.")]
    Short,
    /// Too many.
    #[error("That is too long: 1,024 bytes at most.")]
    Long,
    /// Guessed early.
    #[error("That is guessed too easily. Add another word or two.")]
    Guessable,
}

/// Why a password could not be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The parameters or the stored hash are wrong.
    #[error("a password could not be hashed or compared: {0}")]
    Hash(#[from] password_hash::Error),
    /// The server is going down.
    #[error("the server is stopping")]
    Stopping,
}

impl Password {
    /// Checks a new password, of that account where its address is known.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, email: Option<&Email>) -> Result<(), Weak> {
        self.check_beside(&[email.map_or("", Email::as_str), email.map_or("", Email::name)])
    }

    /// Checks a new password of somebody of whom these texts are known: they are guessed first.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_beside(&self, known: &[&str]) -> Result<(), Weak> {
        if self.0.is_empty() {
            Err(Weak::Empty)
        } else if self.0.len() > MOST_BYTES {
            Err(Weak::Long)
        } else if self.0.chars().count() < FEWEST {
            Err(Weak::Short)
        } else if zxcvbn::zxcvbn(&self.0, &[known, &["portal redirects"]].concat()).score() < WEAKEST {
            Err(Weak::Guessable)
        } else {
            Ok(())
        }
    }

    /// Its hash to be stored: Argon2id with [OWASP's parameters](https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id).
    ///
    /// # Errors
    /// The system gives no random bytes, or the server is going down.
    pub async fn hash(&self) -> Result<String, HashError> {
        let text = self.normal();
        beside(move || hash_now(&text)).await
    }

    /// Whether it is the one with that hash. Where there is no account there is no hash: the answer takes as long.
    ///
    /// # Errors
    /// The stored hash is none, or the server is going down.
    pub async fn is(&self, stored: Option<String>) -> Result<bool, HashError> {
        // What is longer than a password can be is wrong without a look.
        let text = if self.0.len() > MOST_BYTES { String::new() } else { self.normal() };
        beside(move || {
            let Some(hash) = stored.as_deref().or(NOBODY.as_deref()) else { return Ok(false) };
            match Argon2::default().verify_password(text.as_bytes(), hash) {
                Ok(()) => Ok(stored.is_some()),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// The same text for the same keys, whichever way a keyboard writes accents (NFC).
    fn normal(&self) -> String {
        self.0.nfc().collect()
    }
}

async fn beside<T: Send + 'static>(work: impl FnOnce() -> Result<T, HashError> + Send + 'static) -> Result<T, HashError> {
    let permit = Arc::clone(&HASHING).acquire_owned().await.map_err(|_| HashError::Stopping)?;
    let done = task::spawn_blocking(move || {
        let done = work();
        drop(permit);
        done
    });
    done.await.map_err(|_| HashError::Stopping)?
}

fn hash_now(text: &str) -> Result<String, HashError> {
    // The crate's defaults are OWASP's parameters: 19 MiB, two passes, one lane.
    Ok(Argon2::default().hash_password(text.as_bytes())?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weak(text: &str) -> Option<Weak> {
        Password::from(text).check("ana@myapp.com".parse().as_ref().ok()).err()
    }

    #[test]
    fn a_new_password_is_long_enough_and_not_guessed_early() {
        assert_eq!(weak(""), Some(Weak::Empty));
        assert_eq!(weak("kX9!vQ2#mZ"), Some(Weak::Short));
        assert_eq!(weak(&"x9".repeat(5_000)), Some(Weak::Long));
        for guessable in ["password1234", "aaaaaaaaaaaa", "ana@myapp.com", "qwertyuiop12", "123456789012"] {
            assert_eq!(weak(guessable), Some(Weak::Guessable), "{guessable}");
        }
        for good in ["correct horse battery staple", "тёплый дождь в мае", "雨が降る前に帰りましょうね", "a-long-enough-passphrase"]
        {
            assert_eq!(weak(good), None, "{good}");
        }
    }

    #[tokio::test]
    async fn a_password_is_known_again_by_its_hash_alone() {
        let password = Password::from("correct horse battery staple");
        let hash = password.hash().await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(password.hash().await.unwrap(), hash);
        assert!(password.is(Some(hash.clone())).await.unwrap());
        for wrong in ["", "correct horse battery stapl", "Correct horse battery staple", &"x".repeat(10_000)] {
            assert!(!Password::from(wrong).is(Some(hash.clone())).await.unwrap(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn accents_are_the_same_from_any_keyboard() {
        let hash = Password::from("t\u{fc}r und tor und mehr").hash().await.unwrap();
        assert!(Password::from("tu\u{308}r und tor und mehr").is(Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn where_there_is_no_account_no_password_is_right() {
        assert!(!Password::from("nobody has this").is(None).await.unwrap());
    }

    #[test]
    fn a_log_does_not_show_it() {
        assert!(!format!("{:?}", Password::from("correct horse")).contains("horse"));
    }
}
