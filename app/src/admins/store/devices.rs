//! Devices: browsers that an admin has signed in with before. Their sign-in attempts are counted separately, so nobody else's wrong
//! passwords keep the admin out ([OWASP](https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies)).

use sqlx::{PgConnection, PgExecutor};

use crate::admins::{Email, Token};

/// Whether the account with that email address has signed in with this browser before.
///
/// # Errors
/// The query fails.
pub async fn is_known<'e>(executor: impl PgExecutor<'e>, email: &Email, token: &Token) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from admin_devices d join admins a on a.id = d.admin_id where a.email = $1 and d.token_hash = $2
        ) as "known!""#,
        email.as_str(),
        &token.hash()[..]
    )
    .fetch_one(executor)
    .await
}

/// Deletes the devices of an admin: somebody else may have used them.
///
/// # Errors
/// The query fails.
pub async fn delete_all(connection: &mut PgConnection, admin: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from admin_devices where admin_id = $1", admin).execute(connection).await?;
    Ok(())
}

/// Remembers a browser by a new token, which replaces its earlier one. An account keeps the last fifty.
///
/// # Errors
/// The query fails.
pub async fn remember(connection: &mut PgConnection, admin: i64, token: &Token, before: Option<&Token>) -> sqlx::Result<()> {
    if let Some(before) = before {
        sqlx::query!("delete from admin_devices where admin_id = $1 and token_hash = $2", admin, &before.hash()[..])
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query!(
        "insert into admin_devices (token_hash, admin_id) values ($1, $2) on conflict (token_hash) do nothing",
        &token.hash()[..],
        admin
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "delete from admin_devices where admin_id = $1 and token_hash not in (
            select token_hash from admin_devices where admin_id = $1 order by created_at desc limit 50
        )",
        admin
    )
    .execute(connection)
    .await?;
    Ok(())
}
