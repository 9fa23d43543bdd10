//! `Idempotency-Key` on creation: a request that is sent again, because its answer was lost, creates nothing again. The header is that of
//! <https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>.

use app::api_tokens::idempotency::{created_with, remember_created};
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::problem::Problem;

/// The longest key, in characters.
const MAX_KEY: usize = 255;

/// The key of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads the header; `None` where there is none.
    ///
    /// # Errors
    /// It is empty, too long, or no printable ASCII.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
        let key = value.to_str().unwrap_or_default().trim();
        // The draft writes it as a quoted string, and most clients don't.
        let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(Problem::bad_request(format_args!("Idempotency-Key must have 1 to {MAX_KEY} characters of ASCII, like a UUID.")));
        }
        Ok(Some(Self(key.to_owned())))
    }

    fn hash(&self, token: i64) -> [u8; 32] {
        Sha256::digest(format!("{token} {}", self.0)).into()
    }
}

fn hash_of(body: &Value) -> [u8; 32] {
    Sha256::digest(body.to_string()).into()
}

/// The slug of what an earlier request with that key has created.
///
/// # Errors
/// The key came with another body, or the database does not answer.
pub(super) async fn created(pool: &PgPool, token: i64, key: &IdempotencyKey, body: &Value) -> Result<Option<String>, Problem> {
    match created_with(pool, &key.hash(token)).await? {
        Some((request, slug)) if request == hash_of(body)[..] => Ok(Some(slug)),
        Some(_) => {
            Err(Problem::new(StatusCode::CONFLICT, "This Idempotency-Key came with another body before. Use a new key for a new request."))
        }
        None => Ok(None),
    }
}

/// Remembers what a request with that key has created.
///
/// # Errors
/// The database does not answer.
pub(super) async fn remember(pool: &PgPool, token: i64, key: &IdempotencyKey, body: &Value, slug: &str) -> Result<(), Problem> {
    Ok(remember_created(pool, &key.hash(token), &hash_of(body), slug).await?)
}
