//! Visitors' sessions: found by the hash of their token, in their own instance only; ended by hand, by time, or with the password.
//! They last as long as admins' sessions do.

use sqlx::{PgConnection, PgExecutor, PgPool};

use crate::{
    admins::{
        Token,
        entry::Client,
        store::sessions::{IDLE_HOURS, MOST_HOURS, kept_browser},
    },
    portal::identity::{OwnSession, Visitor},
};

/// The most sessions of one visitor: of more, those end that were not used for longest.
pub(in crate::portal::accounts) const MOST_SESSIONS: i64 = 50;

/// Begins a session of a visitor whose row is held, in place of the one that the browser had.
pub(in crate::portal::accounts) async fn begin(
    connection: &mut PgConnection,
    visitor: i64,
    token: &Token,
    client: &Client,
) -> sqlx::Result<()> {
    if let Some(old) = &client.session {
        sqlx::query!("delete from visitor_sessions where token_hash = $1", &old.hash()[..]).execute(&mut *connection).await?;
    }
    // Everybody's that are over are cleared away a few at a time, and without waiting for who clears the same ones.
    sqlx::query!(
        "delete from visitor_sessions where id in (
            select id from visitor_sessions where created_at < now() - make_interval(hours => $1)
            order by created_at limit 100 for update skip locked
        )",
        MOST_HOURS
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "delete from visitor_sessions where id in (
            select id from visitor_sessions where visitor_id = $1 order by last_seen_at desc, id desc offset $2
        )",
        visitor,
        MOST_SESSIONS - 1
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into visitor_sessions (visitor_id, token_hash, address, browser) values ($1, $2, $3, $4)",
        visitor,
        &token.hash()[..],
        client.address.map(|address| address.to_string()),
        kept_browser(&client.browser)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whose session a token is; `None` where it has ended, never was, or is another instance's.
pub(in crate::portal::accounts) async fn find(pool: &PgPool, instance: i64, token: &Token) -> sqlx::Result<Option<Visitor>> {
    let row = sqlx::query!(
        r#"select v.id, s.id as session, v.email_address, v.phone_number, v.username, v.first_name, v.last_name,
            s.last_seen_at < now() - interval '1 minute' as "stale!"
        from visitor_sessions s join visitors v on v.id = s.visitor_id
        where s.token_hash = $1 and v.instance_id = $2
            and s.created_at > now() - make_interval(hours => $3) and s.last_seen_at > now() - make_interval(hours => $4)"#,
        &token.hash()[..],
        instance,
        MOST_HOURS,
        IDLE_HOURS
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.stale {
        sqlx::query!("update visitor_sessions set last_seen_at = now() where id = $1", row.session).execute(pool).await?;
    }
    Ok(Some(Visitor {
        id: row.id,
        session: row.session,
        email_address: row.email_address,
        phone_number: row.phone_number,
        username: row.username,
        first_name: row.first_name,
        last_name: row.last_name,
    }))
}

/// A visitor's sessions that have not ended, the one used last first.
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
        MOST_HOURS,
        IDLE_HOURS
    )
    .fetch_all(pool)
    .await
}

/// Whether a session has not been ended.
pub(in crate::portal::accounts) async fn is_there<'e>(executor: impl PgExecutor<'e>, session: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from visitor_sessions where id = $1) as "there!""#, session).fetch_one(executor).await
}

/// Ends one of a visitor's sessions, if it is one.
pub(in crate::portal::accounts) async fn end(pool: &PgPool, instance: i64, visitor: i64, session: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from visitor_sessions s using visitors v
        where v.id = s.visitor_id and v.instance_id = $1 and s.visitor_id = $2 and s.id = $3",
        instance,
        visitor,
        session
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Ends the sessions of a visitor whose row is held, but one.
pub(in crate::portal::accounts) async fn end_others(connection: &mut PgConnection, visitor: i64, kept: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from visitor_sessions where visitor_id = $1 and id <> $2", visitor, kept).execute(connection).await?;
    Ok(())
}
