//! The keys of one instance: which signs, and which are published. A key is published before it signs, so that every runtime knows it by
//! then, and until the last token that it has signed has ended.

use std::sync::Arc;

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::{
    signing_key::{Jwk, KeyError, NewKey, SigningKey},
    store::keys::{self, Rotation, StoredKey},
};
use crate::{
    credentials::{secret_key::SecretKey, store::any_encrypted},
    database::timed,
};

/// How long a key signs, in days.
pub const ROTATION_DAYS: i32 = 90;

/// How long a new key is published before it signs, in minutes. Runtimes read the keys anew much more often.
pub const PUBLISHED_BEFORE_MINUTES: i32 = 5;

/// How long a key is published after it has signed its last token: longer than any token lasts.
const PUBLISHED_AFTER: Duration = Duration::minutes(10);

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// The secret key is not there. Its file says why in the log.
    #[error("the secret key can't be read")]
    NoSecretKey,
    /// A key can't be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The query failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The keys of an instance, as they were read.
#[derive(Clone, Debug)]
pub struct KeyRing {
    /// The keys that have signed, sign, or will, the earliest first.
    keys: Vec<(OffsetDateTime, Arc<SigningKey>, Jwk)>,
}

impl KeyRing {
    /// Reads the keys of an instance. Makes the first one, or the next one where the last one has signed for [`ROTATION_DAYS`].
    /// `secret` gives the key that encrypts them; it is told whether it may make a new one, since nothing is encrypted yet.
    ///
    /// # Errors
    /// The secret key can't be read or is another one, or the query fails.
    pub async fn load(pool: &PgPool, instance: i64, secret: impl Fn(bool) -> Option<SecretKey>) -> Result<Self, KeyRingError> {
        let mut stored = keys::list(pool, instance).await?;
        let is_first = stored.is_empty() && !any_encrypted(timed(pool)).await?;
        let secret = secret(is_first).ok_or(KeyRingError::NoSecretKey)?;
        if needs_another(&stored) {
            keys::add(pool, instance, &NewKey::new(instance, &secret)?, Rotation::IfDue).await?;
            stored = keys::list(pool, instance).await?;
        }
        let mut keys = Vec::new();
        for key in stored {
            let signing = SigningKey::decrypt(&key.kid, &key.private_key, instance, &secret)?;
            keys.push((key.signs_from, Arc::new(signing), Jwk::of(&key.public_key).ok_or(KeyError::Damaged)?));
        }
        Ok(Self { keys })
    }

    /// The key that signs at that time.
    pub fn signing(&self, now: OffsetDateTime) -> Option<&Arc<SigningKey>> {
        self.keys.iter().rev().find(|(from, ..)| *from <= now).or_else(|| self.keys.first()).map(|(_, key, _)| key)
    }

    /// The key with that name, whether or not it is published any more.
    pub(super) fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|(.., jwk)| jwk.kid() == kid).map(|(_, key, _)| &**key)
    }

    /// The keys that are published at that time.
    pub fn published(&self, now: OffsetDateTime) -> Vec<&Jwk> {
        let ends = self.keys.iter().skip(1).map(|(from, ..)| Some(*from + PUBLISHED_AFTER)).chain([None]);
        self.keys.iter().zip(ends).filter(|(_, end)| end.is_none_or(|end| now < end)).map(|((.., jwk), _)| jwk).collect()
    }
}

fn needs_another(stored: &[StoredKey]) -> bool {
    // The database says what time it is there.
    stored.last().is_none_or(|last| last.signs_from + Duration::days(ROTATION_DAYS.into()) < last.now)
}
