//! The query that puts an address on the waitlist.

use sqlx::PgConnection;

use crate::credentials::email::Email;

/// Stores an address. It writes one that is already stored again, so that the time it takes doesn't tell who is on the list.
pub(super) async fn insert(connection: &mut PgConnection, instance: i64, email: &Email) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into waitlist_entries (instance_id, email_address) values ($1, $2)
        on conflict (instance_id, email_address) do update set email_address = excluded.email_address",
        instance,
        email.as_str()
    )
    .execute(connection)
    .await?;
    Ok(())
}
