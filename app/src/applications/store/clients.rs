//! Clients with a secret in PostgreSQL. Only the secret's hash is stored.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::super::client::{ClientSecret, NewClient};
use crate::{
    admins::Role,
    credentials::{hex, token::Token},
    database::{StoreError, begin, lock_row, timed},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    ui::form::FieldError,
};

/// The most clients of an instance.
pub const MAX_CLIENTS: i64 = 50;

/// A client, as the list shows it.
#[derive(Clone, Debug)]
pub struct ListedClient {
    /// The row's key.
    pub id: i64,
    /// The name that the program sends.
    pub client_id: String,
    /// What it is called.
    pub name: String,
    /// Where its visitors come back to.
    pub redirect_uris: Vec<String>,
    /// When it was added.
    pub created_at: OffsetDateTime,
}

/// A client, as the provider needs it.
#[derive(Clone, Debug)]
pub struct FoundClient {
    /// SHA-256 of its secret.
    pub secret_hash: Vec<u8>,
    /// Where its visitors may come back to.
    pub redirect_uris: Vec<String>,
}

/// The clients of an instance, by name.
///
/// # Errors
/// The query fails.
pub async fn list(pool: &PgPool, instance: i64) -> sqlx::Result<Vec<ListedClient>> {
    sqlx::query_as!(
        ListedClient,
        "select id, client_id, name, redirect_uris, created_at from application_clients
        where instance_id = $1 order by lower(name), id limit $2",
        instance,
        MAX_CLIENTS
    )
    .fetch_all(timed(pool))
    .await
}

/// The client of that name in an instance.
///
/// # Errors
/// The query fails.
pub async fn find(pool: &PgPool, instance: i64, client_id: &str) -> sqlx::Result<Option<FoundClient>> {
    sqlx::query_as!(
        FoundClient,
        "select secret_hash, redirect_uris from application_clients where instance_id = $1 and client_id = $2",
        instance,
        client_id
    )
    .fetch_optional(timed(pool))
    .await
}

/// Adds a client. Its secret is returned this once, and stored nowhere.
///
/// # Errors
/// The instance is not there or archived, the actor is not an owner, there are too many, or PostgreSQL.
pub async fn add(pool: &PgPool, actor: &Actor, slug: &str, client: &NewClient) -> Result<ClientSecret, StoreError> {
    let mut transaction = begin(pool).await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from application_clients where instance_id = $1"#, instance);
    if count.fetch_one(&mut *transaction).await? >= MAX_CLIENTS {
        let message = format_args!("There are {MAX_CLIENTS} clients already. Remove one that is not used any more.");
        return Err(StoreError::Fields(vec![FieldError::new("name", message)]));
    }
    let secret = Token::new()?;
    let client_id = format!("client_{}", hex(&Token::new()?.hash()[..16]));
    sqlx::query!(
        "insert into application_clients (instance_id, client_id, name, secret_hash, redirect_uris) values ($1, $2, $3, $4, $5)",
        instance,
        client_id,
        client.name,
        &secret.hash()[..],
        &client.redirect_uris
    )
    .execute(&mut *transaction)
    .await?;
    let entry = Entry::of(instance).about(client.name.clone()).field("redirect_uris", Vec::<String>::new(), client.redirect_uris.clone());
    record(&mut transaction, actor, Kind::ClientAdded, entry).await?;
    transaction.commit().await?;
    Ok(ClientSecret { client_id, secret })
}

/// Makes a new secret for a client. The old one is worth nothing from then on.
///
/// # Errors
/// The instance or the client is not there, the actor is not an owner, or PostgreSQL.
pub async fn replace_secret(pool: &PgPool, actor: &Actor, slug: &str, client: i64) -> Result<ClientSecret, StoreError> {
    let mut transaction = begin(pool).await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let secret = Token::new()?;
    let updated = sqlx::query!(
        "update application_clients set secret_hash = $3 where instance_id = $1 and id = $2 returning client_id, name",
        instance,
        client,
        &secret.hash()[..]
    );
    let updated = updated.fetch_optional(&mut *transaction).await?.ok_or(StoreError::NotFound)?;
    record(&mut transaction, actor, Kind::ClientSecretReplaced, Entry::of(instance).about(updated.name)).await?;
    transaction.commit().await?;
    Ok(ClientSecret { client_id: updated.client_id, secret })
}

/// Removes a client. Removing one twice is no error.
///
/// # Errors
/// The instance is not there or archived, the actor is not an owner, or PostgreSQL.
pub async fn remove(pool: &PgPool, actor: &Actor, slug: &str, client: i64) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let removed =
        sqlx::query!("delete from application_clients where instance_id = $1 and id = $2 returning name, client_id", instance, client);
    if let Some(removed) = removed.fetch_optional(&mut *transaction).await? {
        // What it was given ends with it.
        sqlx::query!("delete from authorization_codes where instance_id = $1 and client_id = $2", instance, removed.client_id)
            .execute(&mut *transaction)
            .await?;
        record(&mut transaction, actor, Kind::ClientRemoved, Entry::of(instance).about(removed.name)).await?;
    }
    transaction.commit().await?;
    Ok(())
}
