//! Sessions: found by the hash of their token. They end by request, after a time, or when the password changes.

use std::net::IpAddr;

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use super::accounts::stored_email;
use crate::{
    admins::{Caller, Token, provider},
    credentials::browser,
    database::{in_background, timed},
    history::Actor,
};

/// How long a session lasts without use, in hours.
pub const IDLE_HOURS: i32 = 24;

/// The maximum length of a session, in hours.
pub const MAX_HOURS: i32 = 14 * 24;

/// How long after its beginning a session needs no password to set a second factor up, in minutes.
const RECENT_MINUTES: i32 = 10;

/// A session, as the admin sees it.
#[derive(Clone, Debug)]
pub struct OwnSession {
    /// The row's key.
    pub id: i64,
    /// When it began.
    pub since: OffsetDateTime,
    /// When it was last used, to the minute.
    pub last_seen: OffsetDateTime,
    /// The IP address that it began from.
    pub address: Option<String>,
    /// The browser's `User-Agent`.
    pub browser: String,
}

/// Stores a new session.
///
/// # Errors
/// The query fails.
pub async fn create(
    connection: &mut PgConnection,
    admin: i64,
    token: &Token,
    address: Option<IpAddr>,
    user_agent: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from admin_sessions where created_at < now() - make_interval(hours => $1) or last_seen_at < now() - make_interval(hours => $2)",
        MAX_HOURS,
        IDLE_HOURS
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into admin_sessions (admin_id, token_hash, address, browser) values ($1, $2, $3, $4)",
        admin,
        &token.hash()[..],
        address.map(|address| address.to_string()),
        browser::stored(user_agent)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The admin whose session has that token; `None` if there is no such session or it has ended. `address` is the address of this
/// request.
///
/// # Errors
/// The query fails.
pub async fn find(pool: &PgPool, token: &Token, address: Option<IpAddr>) -> sqlx::Result<Option<Caller>> {
    let row = sqlx::query!(
        r#"select s.id, s.admin_id, a.email, a.is_server_admin, s.last_seen_at < now() - interval '1 minute' as "stale!",
            exists (select from admin_second_factors f where f.admin_id = a.id) as "has_second_factor!", s.second_factor as has_provider_factor
        from admin_sessions s join admins a on a.id = s.admin_id
        where s.token_hash = $1
            and s.created_at > now() - make_interval(hours => $2) and s.last_seen_at > now() - make_interval(hours => $3)
            and (s.created_at > now() - make_interval(hours => $4)
                or not exists (select from admin_identities i where i.admin_id = s.admin_id))"#,
        &token.hash()[..],
        MAX_HOURS,
        IDLE_HOURS,
        provider::MAX_HOURS
    )
    .fetch_optional(timed(pool))
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.stale {
        // If somebody holds the row, it is done with the next request.
        let touch = sqlx::query!(
            "update admin_sessions set last_seen_at = now() where id in (select id from admin_sessions where id = $1 for update skip locked)",
            row.id
        );
        touch.execute(in_background(pool)).await?;
    }
    let email = stored_email(&row.email)?;
    let actor = Actor { admin: Some(row.admin_id), name: email.as_str().to_owned(), address, token: None };
    Ok(Some(Caller {
        id: row.admin_id,
        email,
        is_server_admin: row.is_server_admin,
        has_second_factor: row.has_second_factor,
        has_provider_factor: row.has_provider_factor,
        session: row.id,
        actor,
    }))
}

/// The sessions of an admin that have not ended, the last used one first.
///
/// # Errors
/// The query fails.
pub async fn list(pool: &PgPool, admin: i64) -> sqlx::Result<Vec<OwnSession>> {
    sqlx::query_as!(
        OwnSession,
        "select id, created_at as since, last_seen_at as last_seen, address, browser from admin_sessions
        where admin_id = $1
            and created_at > now() - make_interval(hours => $2) and last_seen_at > now() - make_interval(hours => $3)
            and (created_at > now() - make_interval(hours => $4)
                or not exists (select from admin_identities i where i.admin_id = $1))
        order by last_seen_at desc, id desc",
        admin,
        MAX_HOURS,
        IDLE_HOURS,
        provider::MAX_HOURS
    )
    .fetch_all(timed(pool))
    .await
}

/// Gives a session another token, so that its earlier one is worth nothing. Returns whether the session has not been ended.
///
/// # Errors
/// The query fails.
pub async fn rotate<'e>(executor: impl PgExecutor<'e>, session: i64, token: &Token) -> sqlx::Result<bool> {
    let done =
        sqlx::query!("update admin_sessions set token_hash = $2 where id = $1", session, &token.hash()[..]).execute(executor).await?;
    Ok(done.rows_affected() > 0)
}

/// Whether a session has begun a few minutes ago: then somebody has just signed in.
///
/// # Errors
/// The query fails.
pub async fn is_recent<'e>(executor: impl PgExecutor<'e>, session: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from admin_sessions where id = $1 and created_at > now() - make_interval(mins => $2)
        ) as "recent!""#,
        session,
        RECENT_MINUTES
    )
    .fetch_one(executor)
    .await
}

/// Whether a session has not been ended.
///
/// # Errors
/// The query fails.
pub async fn exists<'e>(executor: impl PgExecutor<'e>, session: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from admin_sessions where id = $1) as "there!""#, session).fetch_one(executor).await
}

/// Ends the session with that token, whosever it is: a new session replaces it.
///
/// # Errors
/// The query fails.
pub async fn end_by_token<'e>(executor: impl PgExecutor<'e>, token: &Token) -> sqlx::Result<()> {
    sqlx::query!("delete from admin_sessions where token_hash = $1", &token.hash()[..]).execute(executor).await?;
    Ok(())
}

/// Ends one of an admin's sessions. Returns whether there was such a session.
///
/// # Errors
/// The query fails.
pub async fn end<'e>(executor: impl PgExecutor<'e>, admin: i64, session: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from admin_sessions where admin_id = $1 and id = $2", admin, session).execute(executor).await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all sessions of an admin, except the given one.
///
/// # Errors
/// The query fails.
pub async fn end_all<'e>(executor: impl PgExecutor<'e>, admin: i64, except: Option<i64>) -> sqlx::Result<()> {
    sqlx::query!("delete from admin_sessions where admin_id = $1 and id is distinct from $2", admin, except).execute(executor).await?;
    Ok(())
}
