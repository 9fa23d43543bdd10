//! Accounts: found by their email address, made by a one-time link.

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
    /// Whether it may create instances.
    pub is_server_admin: bool,
}

/// Reads an address as it is stored.
///
/// # Errors
/// It is none: the row was written by something else.
pub(crate) fn stored_email(text: &str) -> sqlx::Result<Email> {
    text.parse().map_err(|error: crate::admins::NotAnEmail| sqlx::Error::Decode(error.into()))
}

/// The account of that address; `None` where there is none.
///
/// # Errors
/// PostgreSQL, or the way to it.
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
/// PostgreSQL, or the way to it.
pub async fn any<'e>(executor: impl PgExecutor<'e>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from admins) as "any!""#).fetch_one(executor).await
}

/// Stores a new account and answers its key; `None` where the address has one already.
///
/// # Errors
/// PostgreSQL, or the way to it.
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

/// Holds an account's row for the rest of the transaction. Answers whether it still has that password: it may have been changed
/// while the password was compared.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn lock_with_password(connection: &mut PgConnection, id: i64, password_hash: &str) -> sqlx::Result<bool> {
    let stored =
        sqlx::query_scalar!("select password_hash from admins where id = $1 for no key update", id).fetch_optional(connection).await?;
    Ok(stored.as_deref() == Some(password_hash))
}

/// Makes an account a server-wide admin. Answers whether it was none.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn make_server_admin(connection: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    let made =
        sqlx::query!("update admins set is_server_admin = true where id = $1 and not is_server_admin", id).execute(connection).await?;
    Ok(made.rows_affected() > 0)
}

/// Stores another password.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn set_password(connection: &mut PgConnection, id: i64, password_hash: &str) -> sqlx::Result<()> {
    sqlx::query!("update admins set password_hash = $2 where id = $1", id, password_hash).execute(connection).await?;
    Ok(())
}
