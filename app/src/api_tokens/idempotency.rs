//! What requests with an idempotency key have created, in PostgreSQL, for a day.

use sqlx::PgPool;

use crate::database::{begin, timed};

/// How long a key is remembered, in hours.
pub const REMEMBERED_HOURS: i32 = 24;

/// A SHA-256.
type Hash = [u8; 32];

/// The hash of the request that came with a key, and the slug of what it has created. `None` if the key is new.
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

/// Remembers what a request with a key has created, and forgets keys of the day before.
///
/// # Errors
/// The query fails.
pub async fn remember_created(pool: &PgPool, key: &Hash, request: &Hash, slug: &str) -> sqlx::Result<()> {
    let mut transaction = begin(pool).await?;
    sqlx::query!("delete from idempotency_keys where at <= now() - make_interval(hours => $1)", REMEMBERED_HOURS)
        .execute(&mut *transaction)
        .await?;
    sqlx::query!(
        "insert into idempotency_keys (key_hash, request_hash, created) values ($1, $2, $3) on conflict do nothing",
        &key[..],
        &request[..],
        slug
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}
