//! `Idempotency-Key` on creation: a request that is sent again, because its answer was lost, creates nothing again. The header is that of
//! <https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>.

use app::api_tokens::store::idempotency::{IdempotentRequest, created_with};
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::problem::Problem;

/// The longest key, in characters.
const MAX_KEY: usize = 255;

/// Reads the header of a request that a token sends; `None` if there is none.
///
/// # Errors
/// The key is empty, too long, or not printable ASCII.
pub(super) fn read(headers: &HeaderMap, token: i64, body: &Value) -> Result<Option<IdempotentRequest>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim();
    // The draft writes it as a quoted string, and most clients don't.
    let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(Problem::bad_request(format_args!("Idempotency-Key must have 1 to {MAX_KEY} characters of ASCII, like a UUID.")));
    }
    let (key, body) = (Sha256::digest(format!("{token} {key}")).into(), Sha256::digest(body.to_string()).into());
    Ok(Some(IdempotentRequest { key, body }))
}

/// The slug of what an earlier request with that key has created.
///
/// # Errors
/// The key came with another body, or the database does not answer.
pub(super) async fn created(pool: &PgPool, request: &IdempotentRequest) -> Result<Option<String>, Problem> {
    match created_with(pool, &request.key).await? {
        Some((body, slug)) if body == request.body[..] => Ok(Some(slug)),
        Some(_) => {
            Err(Problem::new(StatusCode::CONFLICT, "This Idempotency-Key came with another body before. Use a new key for a new request."))
        }
        None => Ok(None),
    }
}
