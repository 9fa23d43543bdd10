//! What requests with an idempotency key have created, in PostgreSQL, for a day.

use sqlx::{PgConnection, PgPool};

use crate::database::timed;

/// How long a key is remembered, in hours.
const REMEMBERED_HOURS: i32 = 24;

/// A SHA-256.
type Hash = [u8; 32];

/// A request with an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotentRequest {
    /// The hash of the key and of the token that it came with.
    pub key: Hash,
    /// The hash of the body.
    pub body: Hash,
}

/// The hash of the body that came with a key, and the slug of what it has created. `None` if the key is new.
///
/// # Errors
/// The query fails.
pub async fn created_with(pool: &PgPool, key: &Hash) -> sqlx::Result<Option<(Vec<u8>, String)>> {
    let row = sqlx::query!(
        "select request_hash, created from idempotency_keys where key_hash = $1 and at > now() - make_interval(hours => $2)",
        &key[..],
        REMEMBERED_HOURS
    );
    Ok(row.fetch_optional(timed(pool)).await?.map(|row| (row.request_hash, row.created)))
}

/// Remembers what a request creates, in the transaction that creates it. Returns whether its key is new. If another request with the key
/// is under way, this one waits for its end.
///
/// # Errors
/// The query fails.
pub(crate) async fn claim(connection: &mut PgConnection, request: &IdempotentRequest, slug: &str) -> sqlx::Result<bool> {
    sqlx::query!("delete from idempotency_keys where at <= now() - make_interval(hours => $1)", REMEMBERED_HOURS)
        .execute(&mut *connection)
        .await?;
    let done = sqlx::query!(
        "insert into idempotency_keys (key_hash, request_hash, created) values ($1, $2, $3) on conflict do nothing",
        &request.key[..],
        &request.body[..],
        slug
    );
    Ok(done.execute(connection).await?.rows_affected() > 0)
}
