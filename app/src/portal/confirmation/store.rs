//! The queries about sign-ups and sign-ins that wait for a code. Each finds those of one instance only.

use sqlx::{PgConnection, PgExecutor};

use super::{CodeFor, Pending, Place, Unconfirmed};
use crate::{
    credentials::{code::Code, token::Token},
    portal::{accounts::Names, codes::CONFIRMATION_HOURS},
};

/// How many codes of one sign-up or sign-in count, the newest ones.
const MAX_CODES: i32 = 10;

/// Deletes what waits in a browser.
pub(super) async fn delete(connection: &mut PgConnection, instance: i64, browser: &Token) -> sqlx::Result<()> {
    sqlx::query!("delete from pending_confirmations where instance_id = $1 and browser_hash = $2", instance, &browser.hash()[..])
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores what waits in a browser, and returns its key.
pub(super) async fn insert(connection: &mut PgConnection, instance: i64, person: &Unconfirmed, place: Place<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into pending_confirmations
            (instance_id, browser_hash, visitor_id, email_address, phone_number, username, first_name, last_name, password_hash, link)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id",
        instance,
        &place.browser.hash()[..],
        person.visitor,
        person.email.as_str(),
        person.phone_number,
        person.username,
        person.names.first,
        person.names.last,
        person.password_hash,
        place.link
    )
    .fetch_one(connection)
    .await
}

/// What waits in the browser with that token.
pub(super) async fn find<'e>(executor: impl PgExecutor<'e>, instance: i64, browser: &Token) -> sqlx::Result<Option<Pending>> {
    sqlx::query_as!(
        Pending,
        "select id, email_address, link from pending_confirmations
        where instance_id = $1 and browser_hash = $2 and created_at > now() - make_interval(hours => $3)",
        instance,
        &browser.hash()[..],
        CONFIRMATION_HOURS
    )
    .fetch_optional(executor)
    .await
}

/// Whom a code would be for; `None` if nothing waits for it, or the account has another address now.
pub(super) async fn code_for(connection: &mut PgConnection, instance: i64, pending: i64) -> sqlx::Result<Option<CodeFor>> {
    let row = sqlx::query!(
        r#"select p.visitor_id as "visitor?", v.id as "owner?" from pending_confirmations p
        left join visitors v on v.instance_id = p.instance_id and v.email_address = p.email_address
        where p.id = $1 and p.instance_id = $2 and p.created_at > now() - make_interval(hours => $3)"#,
        pending,
        instance,
        CONFIRMATION_HOURS
    );
    Ok(row.fetch_optional(connection).await?.and_then(|row| match (row.visitor, row.owner) {
        (None, None) => Some(CodeFor::SignUp),
        (None, Some(_)) => Some(CodeFor::Nobody),
        (Some(visitor), Some(owner)) if visitor == owner => Some(CodeFor::SignIn),
        (Some(_), _) => None,
    }))
}

/// Stores a code's hash, beside those of earlier mails.
pub(super) async fn add_code(connection: &mut PgConnection, pending: i64, code: &Code) -> sqlx::Result<()> {
    sqlx::query!(
        "update pending_confirmations set code_hashes = (array[$2::bytea] || code_hashes)[1:$3::integer] where id = $1",
        pending,
        &code.hash()[..],
        MAX_CODES
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes what waits in a browser for that code: it counts once.
pub(super) async fn take(connection: &mut PgConnection, instance: i64, browser: &Token, code: &Code) -> sqlx::Result<Option<Unconfirmed>> {
    let row = sqlx::query!(
        "delete from pending_confirmations
        where instance_id = $1 and browser_hash = $2 and $3 = any(code_hashes) and created_at > now() - make_interval(hours => $4)
        returning visitor_id, email_address, phone_number, username, first_name, last_name, password_hash",
        instance,
        &browser.hash()[..],
        &code.hash()[..],
        CONFIRMATION_HOURS
    );
    let Some(row) = row.fetch_optional(connection).await? else { return Ok(None) };
    Ok(Some(Unconfirmed {
        visitor: row.visitor_id,
        email: row.email_address.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        phone_number: row.phone_number,
        username: row.username,
        names: Names { first: row.first_name, last: row.last_name },
        password_hash: row.password_hash,
    }))
}

/// Whether a visitor has that email address.
pub(super) async fn has_address(connection: &mut PgConnection, visitor: i64, email: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from visitors where id = $1 and email_address = $2) as "has!""#, visitor, email)
        .fetch_one(connection)
        .await
}
