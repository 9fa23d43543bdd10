//! The queries about codes that were sent to visitors. A code is found by its hash, in its own instance only.

use sqlx::{PgConnection, PgExecutor};

use crate::{credentials::code::Code, portal::codes::Purpose};

/// Whose code it is.
pub(in crate::portal) struct CodeOwner {
    /// The visitor's key.
    pub(in crate::portal) visitor: i64,
    /// The visitor's email address now.
    pub(in crate::portal) email_address: Option<String>,
    /// The address that the code was sent to.
    pub(in crate::portal) sent_to: String,
    /// `phone_number`
    pub(in crate::portal) phone_number: Option<String>,
    /// `username`
    pub(in crate::portal) username: Option<String>,
    /// `first_name`
    pub(in crate::portal) first_name: String,
    /// `last_name`
    pub(in crate::portal) last_name: String,
}

/// Stores a code's hash.
pub(in crate::portal) async fn insert(
    connection: &mut PgConnection,
    visitor: i64,
    purpose: Purpose,
    email: &str,
    code: &Code,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into visitor_codes (code_hash, visitor_id, purpose, email_address, expires_at)
        values ($1, $2, $3, $4, now() + make_interval(hours => $5))",
        &code.hash()[..],
        visitor,
        purpose.name(),
        email,
        purpose.hours()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whose code it is; `None` if it does not count: it was used, has expired, is another instance's, or the visitor has another address now.
pub(in crate::portal) async fn find<'e>(
    executor: impl PgExecutor<'e>,
    instance: i64,
    purpose: Purpose,
    code: &Code,
) -> sqlx::Result<Option<CodeOwner>> {
    sqlx::query_as!(
        CodeOwner,
        "select v.id as visitor, v.email_address, c.email_address as sent_to, v.phone_number, v.username, v.first_name, v.last_name
        from visitor_codes c join visitors v on v.id = c.visitor_id
        where c.code_hash = $1 and c.purpose = $2 and c.expires_at > now() and v.instance_id = $3 and v.email_address = c.email_address",
        &code.hash()[..],
        purpose.name(),
        instance
    )
    .fetch_optional(executor)
    .await
}

/// Uses a code up, with all others of this purpose that its visitor has. Returns whether it was there: of two requests at once, only one
/// finds it.
pub(in crate::portal) async fn use_up(connection: &mut PgConnection, visitor: i64, purpose: Purpose, code: &Code) -> sqlx::Result<bool> {
    let used = sqlx::query!(
        "delete from visitor_codes c using visitors v
        where c.code_hash = $1 and c.visitor_id = $2 and c.purpose = $3 and c.expires_at > now()
            and v.id = c.visitor_id and v.email_address = c.email_address",
        &code.hash()[..],
        visitor,
        purpose.name()
    );
    let is_used = used.execute(&mut *connection).await?.rows_affected() > 0;
    sqlx::query!("delete from visitor_codes where visitor_id = $1 and purpose = $2", visitor, purpose.name()).execute(connection).await?;
    Ok(is_used)
}

/// Whether a visitor's email address is confirmed.
pub(in crate::portal) async fn is_confirmed<'e>(executor: impl PgExecutor<'e>, visitor: i64) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(r#"select email_verified_at is not null as "confirmed!" from visitors where id = $1"#, visitor);
    Ok(found.fetch_optional(executor).await?.unwrap_or(false))
}

/// Notes that a visitor, whose row is locked, reads what is sent to an address. Nothing happens if it is not their address any more.
pub(in crate::portal) async fn confirm_email(connection: &mut PgConnection, visitor: i64, sent_to: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update visitors set email_verified_at = coalesce(email_verified_at, now()) where id = $1 and email_address = $2",
        visitor,
        sent_to
    )
    .execute(connection)
    .await?;
    Ok(())
}
