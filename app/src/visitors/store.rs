//! Visitors and the waitlist in PostgreSQL, as admins see and delete them. Each query is about one instance only.

use std::fmt;

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::{
    admins::Role,
    database::{StoreError, begin, lock_row, timed},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    portal,
};

/// How many of each kind are counted.
pub const MAX_COUNTED: i64 = 100_000;

/// How many there are, up to [`MAX_COUNTED`] and one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Accounts.
    pub visitors: i64,
    /// Organizations.
    pub organizations: i64,
    /// Email addresses on the waitlist.
    pub waitlist: i64,
}

/// A visitor's account. Personal data: not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundVisitor {
    /// The key.
    pub id: i64,
    /// `email_address`
    pub email_address: Option<String>,
    /// `phone_number`
    pub phone_number: Option<String>,
    /// `username`
    pub username: Option<String>,
    /// First and last name; empty if there is none.
    pub name: String,
    /// When they signed up.
    pub created_at: OffsetDateTime,
    /// When one of their sessions was last used; `None` if all have ended.
    pub last_seen_at: Option<OffsetDateTime>,
    /// How many organizations they are in.
    pub organizations: i64,
}

/// Leaves out who it is, for logs.
impl fmt::Debug for FoundVisitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundVisitor").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Counts visitors, organizations and waitlist entries.
///
/// # Errors
/// The query fails.
pub async fn count(pool: &PgPool, instance: i64) -> sqlx::Result<Counts> {
    sqlx::query_as!(
        Counts,
        r#"select
            (select count(*) from (select from visitors where instance_id = $1 limit $2::bigint + 1) v) as "visitors!",
            (select count(*) from (select from organizations where instance_id = $1 limit $2::bigint + 1) o) as "organizations!",
            (select count(*) from (select from waitlist_entries where instance_id = $1 limit $2::bigint + 1) w) as "waitlist!""#,
        instance,
        MAX_COUNTED
    )
    .fetch_one(timed(pool))
    .await
}

/// The visitor who signs in with that identifier.
///
/// # Errors
/// The query fails.
pub async fn find(pool: &PgPool, instance: i64, identifier: &str) -> sqlx::Result<Option<FoundVisitor>> {
    // No text can be two kinds of identifier.
    sqlx::query_as!(
        FoundVisitor,
        r#"select id, email_address, phone_number, username, btrim(first_name || ' ' || last_name) as "name!", created_at,
            (select max(last_seen_at) from visitor_sessions s where s.visitor_id = v.id) as last_seen_at,
            (select count(*) from organization_members m where m.visitor_id = v.id) as "organizations!"
        from visitors v where instance_id = $1 and (email_address = $2 or phone_number = $2 or username = $2)"#,
        instance,
        identifier
    )
    .fetch_optional(timed(pool))
    .await
}

/// When an email address joined the waitlist. Returns `None` if it is not there.
///
/// # Errors
/// The query fails.
pub async fn waiting_since(pool: &PgPool, instance: i64, email_address: &str) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!("select created_at from waitlist_entries where instance_id = $1 and email_address = $2", instance, email_address)
        .fetch_optional(timed(pool))
        .await
}

/// A part of the waitlist, by address, after that one.
///
/// # Errors
/// The query fails.
pub async fn waitlist(pool: &PgPool, instance: i64, after: &str, limit: i64) -> sqlx::Result<Vec<(String, OffsetDateTime)>> {
    let rows = sqlx::query!(
        "select email_address, created_at from waitlist_entries where instance_id = $1 and email_address > $2
        order by email_address limit $3",
        instance,
        after,
        limit
    )
    .fetch_all(timed(pool))
    .await?;
    Ok(rows.into_iter().map(|row| (row.email_address, row.created_at)).collect())
}

/// Deletes a visitor's account with their sessions, and the organizations that have nobody else. Deleting an account twice is no error.
/// The history keeps the visitor's number only.
///
/// # Errors
/// The instance is not found or archived, the actor is not an owner, or the query fails.
pub async fn delete_visitor(pool: &PgPool, actor: &Actor, slug: &str, visitor: i64) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    if portal::delete_account(&mut transaction, instance, visitor).await? {
        record(&mut transaction, actor, Kind::VisitorDeleted, Entry::of(instance).about(visitor.to_string())).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Takes an email address off the waitlist. It is no error if the address is not there. The history does not keep the address.
///
/// # Errors
/// The instance is not found or archived, the actor is not an owner, or the query fails.
pub async fn delete_waitlist_entry(pool: &PgPool, actor: &Actor, slug: &str, email_address: &str) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let deleted = sqlx::query!("delete from waitlist_entries where instance_id = $1 and email_address = $2", instance, email_address)
        .execute(&mut *transaction)
        .await?;
    if deleted.rows_affected() > 0 {
        record(&mut transaction, actor, Kind::WaitlistEntryDeleted, Entry::of(instance)).await?;
    }
    transaction.commit().await?;
    Ok(())
}
