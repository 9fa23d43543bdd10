//! The queries about visitors' accounts. Each finds accounts of one instance only.

use sqlx::{PgConnection, PgExecutor};

use super::super::form::{Identifiers, Names};
use crate::mail::store as outbox;

/// The part of an account that signing in needs.
pub(in crate::portal) struct Account {
    pub(in crate::portal) id: i64,
    email_address: Option<String>,
    phone_number: Option<String>,
    username: Option<String>,
    pub(in crate::portal) password_hash: String,
    /// Whether its email address is confirmed.
    pub(in crate::portal) is_confirmed: bool,
}

impl Account {
    /// Its email address.
    pub(in crate::portal) fn email_address(&self) -> Option<&str> {
        self.email_address.as_deref()
    }

    /// Its phone number.
    pub(in crate::portal) fn phone_number(&self) -> Option<&str> {
        self.phone_number.as_deref()
    }

    /// Its username.
    pub(in crate::portal) fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// Whether all of the given identifiers are this account's.
    pub(in crate::portal) fn has_all(&self, given: &Identifiers) -> bool {
        let has = |own: &Option<String>, given: Option<&str>| given.is_none() || own.as_deref() == given;
        has(&self.email_address, given.email_address())
            && has(&self.phone_number, given.phone_number())
            && has(&self.username, given.username())
    }
}

/// The accounts that have any of these identifiers: three at most.
pub(in crate::portal) async fn find<'e>(executor: impl PgExecutor<'e>, instance: i64, given: &Identifiers) -> sqlx::Result<Vec<Account>> {
    sqlx::query_as!(
        Account,
        r#"select id, email_address, phone_number, username, password_hash, email_verified_at is not null as "is_confirmed!" from visitors
        where instance_id = $1 and (email_address = $2 or phone_number = $3 or username = $4)"#,
        instance,
        given.email_address(),
        given.phone_number(),
        given.username()
    )
    .fetch_all(executor)
    .await
}

/// The hash of a visitor's password; `None` if there is no such visitor.
pub(in crate::portal) async fn password_hash<'e>(
    executor: impl PgExecutor<'e>,
    instance: i64,
    visitor: i64,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select password_hash from visitors where instance_id = $1 and id = $2", instance, visitor)
        .fetch_optional(executor)
        .await
}

/// Locks a visitor's row until the transaction ends and returns the password's hash, which may have changed while a password was
/// compared. `None` if there is no such visitor.
pub(in crate::portal) async fn lock_row(connection: &mut PgConnection, instance: i64, visitor: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select password_hash from visitors where instance_id = $1 and id = $2 for no key update", instance, visitor)
        .fetch_optional(connection)
        .await
}

/// Stores a new account and returns its key; `None` if somebody already has one of the identifiers.
pub(in crate::portal) async fn create(
    connection: &mut PgConnection,
    instance: i64,
    identifiers: &Identifiers,
    names: &Names,
    password_hash: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "insert into visitors (instance_id, email_address, phone_number, username, first_name, last_name, password_hash)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id",
        instance,
        identifiers.email_address(),
        identifiers.phone_number(),
        identifiers.username(),
        names.first,
        names.last,
        password_hash
    )
    .fetch_optional(connection)
    .await
}

/// Stores new names. Returns whether there is such a visitor.
pub(in crate::portal) async fn rename<'e>(executor: impl PgExecutor<'e>, instance: i64, visitor: i64, names: &Names) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update visitors set first_name = $3, last_name = $4 where instance_id = $1 and id = $2",
        instance,
        visitor,
        names.first,
        names.last
    );
    Ok(done.execute(executor).await?.rows_affected() > 0)
}

/// Stores a new password hash of a visitor whose row is locked. Codes to replace the earlier one end.
pub(in crate::portal) async fn set_password(connection: &mut PgConnection, visitor: i64, password_hash: &str) -> sqlx::Result<()> {
    sqlx::query!("update visitors set password_hash = $2 where id = $1", visitor, password_hash).execute(&mut *connection).await?;
    sqlx::query!("delete from visitor_codes where visitor_id = $1 and purpose = 'reset'", visitor).execute(connection).await?;
    Ok(())
}

/// Deletes an account with its sessions, and the organizations that have nobody else. Returns whether there was such a visitor.
pub(in crate::portal) async fn delete(connection: &mut PgConnection, instance: i64, visitor: i64) -> sqlx::Result<bool> {
    if lock_row(connection, instance, visitor).await?.is_none() {
        return Ok(false);
    }
    // If the other member leaves at the same time, whoever is second finds the organization empty.
    let organizations = sqlx::query_scalar!(
        "select o.id from organizations o join organization_members m on m.organization_id = o.id
        where m.visitor_id = $1 order by o.id for update of o",
        visitor
    )
    .fetch_all(&mut *connection)
    .await?;
    let email =
        sqlx::query_scalar!("delete from visitors where id = $1 returning email_address", visitor).fetch_one(&mut *connection).await?;
    if let Some(email) = email {
        outbox::delete_of(connection, instance, &email).await?;
    }
    sqlx::query!(
        "delete from organizations o where o.id = any($1)
            and not exists (select from organization_members m where m.organization_id = o.id)",
        &organizations
    )
    .execute(connection)
    .await?;
    Ok(true)
}
