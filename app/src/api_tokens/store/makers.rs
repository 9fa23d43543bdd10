//! API tokens by their makers: whose programs reach an instance, and what ends with an account.

use sqlx::{PgConnection, PgPool};

use super::super::Secret;
use crate::database::timed;

/// The key of a token that an admin has made. `None` if it is somebody else's, was revoked, or is no token. This is no use of it.
///
/// # Errors
/// The query fails.
pub async fn made(pool: &PgPool, secret: &Secret, maker: i64) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "select id from api_tokens where token_hash = $1 and maker_id = $2 and revoked_at is null",
        &secret.hash()[..],
        maker
    )
    .fetch_optional(timed(pool))
    .await
}

/// The admins whose tokens are for an instance or for the whole server, and have not ended.
///
/// # Errors
/// The query fails.
pub async fn makers(pool: &PgPool, instance: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select distinct maker_id from api_tokens
        where (instance_id = $1 or instance_id is null) and revoked_at is null and expires_at > now()",
        instance
    )
    .fetch_all(timed(pool))
    .await
}

/// Deletes every token of an account. Returns those that still counted: the instance of each, if it was for one, and its name.
///
/// # Errors
/// The query fails.
pub(crate) async fn delete_all_of(connection: &mut PgConnection, maker: i64) -> sqlx::Result<Vec<(Option<i64>, String)>> {
    let deleted = sqlx::query!(
        r#"delete from api_tokens where maker_id = $1
        returning instance_id, name, revoked_at is null and expires_at > now() as "counts!""#,
        maker
    );
    let deleted = deleted.fetch_all(connection).await?;
    Ok(deleted.into_iter().filter(|token| token.counts).map(|token| (token.instance_id, token.name)).collect())
}
