//! Sessions: found by the hash of their token, ended by hand, by time, or with the password.

use std::net::IpAddr;

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use super::accounts::stored_email;
use crate::{
    admins::{Caller, Token},
    history::Actor,
};

/// How long a session lasts without being used, in hours.
pub const IDLE_HOURS: i32 = 24;

/// How long a session lasts at most, in hours.
pub const MOST_HOURS: i32 = 14 * 24;

/// The most of what a browser calls itself that is kept, in characters.
const MOST_BROWSER: usize = 256;

/// A session, as its admin sees it.
#[derive(Clone, Debug)]
pub struct OwnSession {
    /// The row's key.
    pub id: i64,
    /// When it began.
    pub since: OffsetDateTime,
    /// When it was last used, to the minute.
    pub last_seen: OffsetDateTime,
    /// From where it began.
    pub address: Option<String>,
    /// What the browser calls itself.
    pub browser: String,
}

/// What is kept of what a browser calls itself.
pub(crate) fn kept_browser(browser: &str) -> String {
    browser.chars().filter(|c| !c.is_control()).take(MOST_BROWSER).collect()
}

/// Begins a session.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn begin(connection: &mut PgConnection, admin: i64, token: &Token, address: Option<IpAddr>, browser: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from admin_sessions where created_at < now() - make_interval(hours => $1) or last_seen_at < now() - make_interval(hours => $2)",
        MOST_HOURS,
        IDLE_HOURS
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into admin_sessions (admin_id, token_hash, address, browser) values ($1, $2, $3, $4)",
        admin,
        &token.hash()[..],
        address.map(|address| address.to_string()),
        kept_browser(browser)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Who has the session of that token; `None` where it has ended or never was. `address` is where they ask from now.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn find(pool: &PgPool, token: &Token, address: Option<IpAddr>) -> sqlx::Result<Option<Caller>> {
    let row = sqlx::query!(
        r#"select s.id, s.admin_id, a.email, a.is_server_admin, s.last_seen_at < now() - interval '1 minute' as "stale!"
        from admin_sessions s join admins a on a.id = s.admin_id
        where s.token_hash = $1
            and s.created_at > now() - make_interval(hours => $2) and s.last_seen_at > now() - make_interval(hours => $3)"#,
        &token.hash()[..],
        MOST_HOURS,
        IDLE_HOURS
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.stale {
        sqlx::query!("update admin_sessions set last_seen_at = now() where id = $1", row.id).execute(pool).await?;
    }
    let email = stored_email(&row.email)?;
    let actor = Actor { admin: Some(row.admin_id), name: email.as_str().to_owned(), address };
    Ok(Some(Caller { id: row.admin_id, email, is_server_admin: row.is_server_admin, session: row.id, actor }))
}

/// An admin's sessions that have not ended, the one used last first.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn list(pool: &PgPool, admin: i64) -> sqlx::Result<Vec<OwnSession>> {
    sqlx::query_as!(
        OwnSession,
        "select id, created_at as since, last_seen_at as last_seen, address, browser from admin_sessions
        where admin_id = $1
            and created_at > now() - make_interval(hours => $2) and last_seen_at > now() - make_interval(hours => $3)
        order by last_seen_at desc, id desc",
        admin,
        MOST_HOURS,
        IDLE_HOURS
    )
    .fetch_all(pool)
    .await
}

/// Whether a session has not been ended.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn is_there<'e>(executor: impl PgExecutor<'e>, session: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from admin_sessions where id = $1) as "there!""#, session).fetch_one(executor).await
}

/// Ends the session of a token, whoever has it: a new sign-in takes its place.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn end_by_token<'e>(executor: impl PgExecutor<'e>, token: &Token) -> sqlx::Result<()> {
    sqlx::query!("delete from admin_sessions where token_hash = $1", &token.hash()[..]).execute(executor).await?;
    Ok(())
}

/// Ends one of an admin's sessions. Answers whether there was such a one.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn end<'e>(executor: impl PgExecutor<'e>, admin: i64, session: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from admin_sessions where admin_id = $1 and id = $2", admin, session).execute(executor).await?;
    Ok(done.rows_affected() > 0)
}

/// Ends an admin's sessions, except one where there is one to keep.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn end_all<'e>(executor: impl PgExecutor<'e>, admin: i64, except: Option<i64>) -> sqlx::Result<()> {
    sqlx::query!("delete from admin_sessions where admin_id = $1 and id is distinct from $2", admin, except).execute(executor).await?;
    Ok(())
}
