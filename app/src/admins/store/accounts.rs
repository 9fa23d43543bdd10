//! Accounts: found by their email address, created with a one-time link.

use sqlx::{PgConnection, PgExecutor};

use crate::admins::Email;

/// An account, as it is stored.
#[derive(Clone, Debug)]
pub struct Account {
    /// The row's key.
    pub id: i64,
    /// The email address.
    pub email: Email,
    /// The password's hash.
    pub password_hash: String,
    /// Whether it is a server-wide admin, who may create instances.
    pub is_server_admin: bool,
}

/// Reads an email address as it is stored.
///
/// # Errors
/// It is not valid: another program has written the row.
pub(crate) fn stored_email(text: &str) -> sqlx::Result<Email> {
    text.parse().map_err(|error: crate::admins::NotAnEmail| sqlx::Error::Decode(error.into()))
}

/// The account with that email address; `None` if there is none.
///
/// # Errors
/// The query fails.
pub async fn find<'e>(executor: impl PgExecutor<'e>, email: &Email) -> sqlx::Result<Option<Account>> {
    let row = sqlx::query!("select id, email, password_hash, is_server_admin from admins where email = $1", email.as_str())
        .fetch_optional(executor)
        .await?;
    row.map(|row| {
        let email = stored_email(&row.email)?;
        Ok(Account { id: row.id, email, password_hash: row.password_hash, is_server_admin: row.is_server_admin })
    })
    .transpose()
}

/// Whether there is any account.
///
/// # Errors
/// The query fails.
pub async fn any<'e>(executor: impl PgExecutor<'e>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from admins) as "any!""#).fetch_one(executor).await
}

/// Stores a new account and returns its key; `None` if the address already has an account.
///
/// # Errors
/// The query fails.
pub async fn create(connection: &mut PgConnection, email: &Email, password_hash: &str, is_server_admin: bool) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "insert into admins (email, password_hash, is_server_admin) values ($1, $2, $3) on conflict (email) do nothing returning id",
        email.as_str(),
        password_hash,
        is_server_admin
    )
    .fetch_optional(connection)
    .await
}

/// Locks an account's row for the rest of the transaction. Returns whether it still has that password: somebody may have changed it
/// while the password was verified.
///
/// # Errors
/// The query fails.
pub async fn lock_with_password(connection: &mut PgConnection, id: i64, password_hash: &str) -> sqlx::Result<bool> {
    Ok(lock(connection, id).await?.as_deref() == Some(password_hash))
}

/// Locks an account's row for the rest of the transaction. Returns its password's hash; `None` if the account is gone.
///
/// # Errors
/// The query fails.
pub async fn lock(connection: &mut PgConnection, id: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select password_hash from admins where id = $1 for no key update", id).fetch_optional(connection).await
}

/// Makes an account a server-wide admin, whatever its groups at a provider say. Returns whether it was not one before.
///
/// # Errors
/// The query fails.
pub async fn make_server_admin(connection: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    let made = sqlx::query!(
        "update admins set is_server_admin = true, server_admin_by_provider = false
        where id = $1 and (not is_server_admin or server_admin_by_provider)",
        id
    );
    let made = made.execute(connection).await?;
    Ok(made.rows_affected() > 0)
}

/// Stores a new password.
///
/// # Errors
/// The query fails.
pub async fn set_password(connection: &mut PgConnection, id: i64, password_hash: &str) -> sqlx::Result<()> {
    sqlx::query!("update admins set password_hash = $2 where id = $1", id, password_hash).execute(connection).await?;
    Ok(())
}

/// Locks the rows of all server-wide admins for the rest of the transaction.
///
/// # Errors
/// The query fails.
pub(crate) async fn lock_server_admins(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select id from admins where is_server_admin order by id for no key update").fetch_all(connection).await?;
    Ok(())
}

/// Whether there is a server-wide admin other than that account.
///
/// # Errors
/// The query fails.
pub(crate) async fn has_other_server_admin(connection: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from admins where is_server_admin and id <> $1) as "others!""#, id)
        .fetch_one(connection)
        .await
}

/// Deletes an account, with its sessions, its devices and its memberships.
///
/// # Errors
/// The query fails.
pub(crate) async fn delete(connection: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from admins where id = $1", id).execute(connection).await?;
    Ok(())
}
