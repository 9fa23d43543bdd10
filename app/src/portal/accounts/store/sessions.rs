//! The queries about visitors' sessions. A session is found by the hash of its token, in its own instance only. It ends when the
//! visitor signs out, after a time, or when the password changes.

use sqlx::{PgConnection, PgExecutor, PgPool};

use crate::{
    credentials::{browser, client::Client, token::Token},
    database::{in_background, timed},
    portal::{
        accounts::NO_PASSWORD,
        identity::{OwnSession, Visitor},
    },
};

/// How long a session lasts at most, in hours.
pub const MAX_SESSION_HOURS: i32 = 14 * 24;

/// After how many hours without use a session ends.
pub(in crate::portal) const IDLE_HOURS: i32 = 24;

/// For how many minutes a session is new.
pub(in crate::portal::accounts) const NEW_MINUTES: i32 = 10;

/// The most sessions that a visitor may have. A further one ends those that were unused for longest.
pub(in crate::portal::accounts) const MAX_SESSIONS: i64 = 50;

/// Begins a session of a visitor whose row is locked. It replaces the one that the browser had.
pub(in crate::portal) async fn begin(connection: &mut PgConnection, visitor: i64, token: &Token, client: &Client) -> sqlx::Result<()> {
    insert(connection, visitor, token, client, false).await
}

/// The same for a visitor whom the instance's provider has signed in.
pub(in crate::portal) async fn begin_at_provider(
    connection: &mut PgConnection,
    visitor: i64,
    token: &Token,
    client: &Client,
) -> sqlx::Result<()> {
    insert(connection, visitor, token, client, true).await
}

async fn insert(connection: &mut PgConnection, visitor: i64, token: &Token, client: &Client, by_provider: bool) -> sqlx::Result<()> {
    if let Some(old) = &client.session {
        sqlx::query!("delete from visitor_sessions where token_hash = $1", &old.hash()[..]).execute(&mut *connection).await?;
    }
    // Deletes some expired sessions of all visitors, without waiting for another request that deletes the same ones.
    sqlx::query!(
        "delete from visitor_sessions where id in (
            select id from visitor_sessions where created_at < now() - make_interval(hours => $1)
            order by created_at limit 100 for update skip locked
        )",
        MAX_SESSION_HOURS
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "delete from visitor_sessions where id in (
            select id from visitor_sessions where visitor_id = $1 order by last_seen_at desc, id desc offset $2
        )",
        visitor,
        MAX_SESSIONS - 1
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into visitor_sessions (visitor_id, token_hash, address, browser, by_provider) values ($1, $2, $3, $4, $5)",
        visitor,
        &token.hash()[..],
        client.address.map(|address| address.to_string()),
        browser::stored(&client.browser),
        by_provider
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The visitor whose session has that token; `None` if it has ended, never existed, or is another instance's.
pub(in crate::portal::accounts) async fn find(pool: &PgPool, instance: i64, token: &Token) -> sqlx::Result<Option<Visitor>> {
    let row = sqlx::query!(
        r#"select v.id, s.id as session, v.email_address, v.phone_number, v.username, v.first_name, v.last_name, s.by_provider,
            v.password_hash <> $5 as "has_password!",
            exists (select from visitor_identities i where i.visitor_id = v.id) as "has_identity!",
            s.last_seen_at < now() - interval '1 minute' as "stale!"
        from visitor_sessions s join visitors v on v.id = s.visitor_id
        where s.token_hash = $1 and v.instance_id = $2
            and s.created_at > now() - make_interval(hours => $3) and s.last_seen_at > now() - make_interval(hours => $4)"#,
        &token.hash()[..],
        instance,
        MAX_SESSION_HOURS,
        IDLE_HOURS,
        NO_PASSWORD
    )
    .fetch_optional(timed(pool))
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.stale {
        touch(pool, row.session).await?;
    }
    Ok(Some(Visitor {
        id: row.id,
        session: row.session,
        email_address: row.email_address,
        phone_number: row.phone_number,
        username: row.username,
        first_name: row.first_name,
        last_name: row.last_name,
        has_password: row.has_password,
        has_identity: row.has_identity,
        by_provider: row.by_provider,
    }))
}

/// A visitor's sessions that have not ended, the most recently used first.
pub(in crate::portal::accounts) async fn list(pool: &PgPool, instance: i64, visitor: i64) -> sqlx::Result<Vec<OwnSession>> {
    sqlx::query_as!(
        OwnSession,
        "select s.id, s.created_at as since, s.last_seen_at as last_seen, s.browser
        from visitor_sessions s join visitors v on v.id = s.visitor_id
        where s.visitor_id = $1 and v.instance_id = $2
            and s.created_at > now() - make_interval(hours => $3) and s.last_seen_at > now() - make_interval(hours => $4)
        order by s.last_seen_at desc, s.id desc",
        visitor,
        instance,
        MAX_SESSION_HOURS,
        IDLE_HOURS
    )
    .fetch_all(timed(pool))
    .await
}

/// Gives a session another token, so that its earlier one is worth nothing. Returns whether the session still exists.
pub(in crate::portal::accounts) async fn rotate<'e>(executor: impl PgExecutor<'e>, session: i64, token: &Token) -> sqlx::Result<bool> {
    let done = sqlx::query!("update visitor_sessions set token_hash = $2 where id = $1", session, &token.hash()[..]);
    Ok(done.execute(executor).await?.rows_affected() > 0)
}

/// Whether a session still exists.
pub(in crate::portal::accounts) async fn exists<'e>(executor: impl PgExecutor<'e>, session: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from visitor_sessions where id = $1) as "there!""#, session).fetch_one(executor).await
}

/// Whether a session has begun so recently that its visitor need not prove again who they are.
pub(in crate::portal::accounts) async fn is_new<'e>(executor: impl PgExecutor<'e>, session: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from visitor_sessions where id = $1 and created_at > now() - make_interval(mins => $2)) as "new!""#,
        session,
        NEW_MINUTES
    )
    .fetch_one(executor)
    .await
}

/// Ends one of a visitor's sessions. Does nothing if it is not theirs.
pub(in crate::portal::accounts) async fn end(pool: &PgPool, instance: i64, visitor: i64, session: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from visitor_sessions s using visitors v
        where v.id = s.visitor_id and v.instance_id = $1 and s.visitor_id = $2 and s.id = $3",
        instance,
        visitor,
        session
    )
    .execute(timed(pool))
    .await?;
    Ok(())
}

/// Ends all sessions of a visitor whose row is locked, except one.
pub(in crate::portal::accounts) async fn end_others(connection: &mut PgConnection, visitor: i64, kept: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from visitor_sessions where visitor_id = $1 and id <> $2", visitor, kept).execute(connection).await?;
    Ok(())
}

/// Ends all sessions of a visitor whose row is locked.
pub(in crate::portal::accounts) async fn end_all(connection: &mut PgConnection, visitor: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from visitor_sessions where visitor_id = $1", visitor).execute(connection).await?;
    Ok(())
}

/// Notes that a session is used. If somebody holds its row, that is done with the next request.
pub(in crate::portal) async fn touch(pool: &PgPool, session: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "update visitor_sessions set last_seen_at = now() where id in (select id from visitor_sessions where id = $1 for update skip locked)",
        session
    )
    .execute(in_background(pool))
    .await?;
    Ok(())
}
