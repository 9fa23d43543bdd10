//! Sign-ins whose password was right and whose code is still missing. They are no sessions: nothing but the code's page knows them.

use sqlx::{PgConnection, PgExecutor};

use super::accounts::stored_email;
use crate::admins::{Email, Token};

/// How long somebody may take to enter the code, in minutes.
pub const PENDING_MINUTES: i32 = 10;

/// Whose sign-in it is.
#[derive(Clone, Debug)]
pub struct PendingSignIn {
    /// The account's key.
    pub admin: i64,
    /// The account's email address.
    pub email: Email,
}

/// Stores a sign-in, and deletes those that have expired. An account keeps the last twenty.
///
/// # Errors
/// The query fails.
pub async fn create(connection: &mut PgConnection, admin: i64, token: &Token) -> sqlx::Result<()> {
    sqlx::query!("insert into admin_pending_sign_ins (token_hash, admin_id) values ($1, $2)", &token.hash()[..], admin)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "delete from admin_pending_sign_ins where created_at < now() - make_interval(mins => $2)
            or admin_id = $1 and token_hash not in (
                select token_hash from admin_pending_sign_ins where admin_id = $1 order by created_at desc limit 20
            )",
        admin,
        PENDING_MINUTES
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Finds the pending sign-in of a token. Returns `None` for an unknown or expired one, and if the account's second factor was turned off.
///
/// # Errors
/// The query fails.
pub async fn find<'e>(executor: impl PgExecutor<'e>, token: &Token) -> sqlx::Result<Option<PendingSignIn>> {
    let row = sqlx::query!(
        "select p.admin_id, a.email from admin_pending_sign_ins p
        join admins a on a.id = p.admin_id join admin_second_factors f on f.admin_id = p.admin_id
        where p.token_hash = $1 and p.created_at > now() - make_interval(mins => $2)",
        &token.hash()[..],
        PENDING_MINUTES
    )
    .fetch_optional(executor)
    .await?;
    row.map(|row| Ok(PendingSignIn { admin: row.admin_id, email: stored_email(&row.email)? })).transpose()
}

/// Ends a sign-in: its code was right. Returns whether it was there.
///
/// # Errors
/// The query fails.
pub async fn end(connection: &mut PgConnection, token: &Token) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from admin_pending_sign_ins where token_hash = $1", &token.hash()[..]).execute(connection).await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all of an admin's sign-ins: the password or the second factor has changed.
///
/// # Errors
/// The query fails.
pub async fn end_all(connection: &mut PgConnection, admin: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from admin_pending_sign_ins where admin_id = $1", admin).execute(connection).await?;
    Ok(())
}
