//! Sign-ins at providers that have begun, people who are asked for a password first, and who visitors are at providers.

use sqlx::{PgConnection, PgPool, types::Json};

use super::ProviderPerson;
use crate::{
    credentials::token::Token,
    database::{begin as begin_transaction, timed},
    identity_provider::{ProviderSettings, SIGN_IN_MINUTES, StoredProvider},
    portal::identity::IdentityError,
};

/// A sign-in that has begun.
#[derive(Clone, Debug)]
pub struct BegunSignIn {
    /// Whom the browser was sent to.
    pub issuer: String,
    /// As which client.
    pub client_id: String,
    /// The parameters of the visitor's link, as a query string.
    pub link: String,
    /// Whether an owner only tries it out.
    pub is_trial: bool,
}

/// A person who is asked for the password of an account.
#[derive(Clone)]
pub struct PendingIdentity {
    /// The person.
    pub person: ProviderPerson,
    /// The parameters of the visitor's link, as a query string.
    pub link: String,
}

/// Stores a sign-in that begins in the browser with that token.
///
/// # Errors
/// The database does not answer.
pub async fn begin(pool: &PgPool, instance: i64, state: &Token, browser: &Token, begun: &BegunSignIn) -> Result<(), IdentityError> {
    Ok(insert(pool, instance, state, browser, begun).await?)
}

async fn insert(pool: &PgPool, instance: i64, state: &Token, browser: &Token, begun: &BegunSignIn) -> sqlx::Result<()> {
    // Deletes some that have ended, without waiting for another request that deletes the same ones.
    sqlx::query!(
        "delete from provider_sign_ins where state_hash in (
            select state_hash from provider_sign_ins where created_at < now() - make_interval(mins => $1)
            order by created_at limit 100 for update skip locked
        )",
        SIGN_IN_MINUTES
    )
    .execute(timed(pool))
    .await?;
    sqlx::query!(
        "insert into provider_sign_ins (state_hash, browser_hash, instance_id, issuer, client_id, link, is_trial)
        values ($1, $2, $3, $4, $5, $6, $7)",
        &state.hash()[..],
        &browser.hash()[..],
        instance,
        begun.issuer,
        begun.client_id,
        begun.link,
        begun.is_trial
    )
    .execute(timed(pool))
    .await?;
    Ok(())
}

/// Takes a sign-in that has begun in the browser with that token: it counts once. `None` if there is none, or no longer.
///
/// # Errors
/// The database does not answer.
pub async fn take(pool: &PgPool, instance: i64, state: &Token, browser: &Token) -> Result<Option<BegunSignIn>, IdentityError> {
    let taken = sqlx::query_as!(
        BegunSignIn,
        "delete from provider_sign_ins
        where state_hash = $1 and browser_hash = $2 and instance_id = $3 and created_at > now() - make_interval(mins => $4)
        returning issuer, client_id, link, is_trial",
        &state.hash()[..],
        &browser.hash()[..],
        instance,
        SIGN_IN_MINUTES
    );
    Ok(taken.fetch_optional(timed(pool)).await?)
}

/// Stores a trial that an owner may begin with a link that has that token.
///
/// # Errors
/// The query fails.
pub async fn offer_trial(pool: &PgPool, token: &Token, provider: &StoredProvider) -> sqlx::Result<()> {
    let ProviderSettings { issuer, client_id, .. } = provider.settings.clone();
    insert(pool, provider.instance, token, token, &BegunSignIn { issuer, client_id, link: String::new(), is_trial: true }).await
}

/// Whether an owner may begin a trial with that token. They may do so again: a page that is reloaded works.
///
/// # Errors
/// The database does not answer.
pub async fn is_trial_offered(pool: &PgPool, instance: i64, token: &Token) -> Result<bool, IdentityError> {
    let found = sqlx::query_scalar!(
        r#"select exists (
            select from provider_sign_ins
            where state_hash = $1 and browser_hash = $1 and instance_id = $2 and is_trial and created_at > now() - make_interval(mins => $3)
        ) as "exists!""#,
        &token.hash()[..],
        instance,
        SIGN_IN_MINUTES
    );
    Ok(found.fetch_one(timed(pool)).await?)
}

/// Stores a person who is asked for a password, in the place of the one who was asked before in the same browser.
///
/// # Errors
/// The database does not answer.
pub async fn ask_for_password(pool: &PgPool, instance: i64, browser: &Token, pending: &PendingIdentity) -> Result<(), IdentityError> {
    let mut transaction = begin_transaction(pool).await?;
    sqlx::query!(
        "delete from pending_identities where (instance_id, browser_hash) in (
            select instance_id, browser_hash from pending_identities where created_at < now() - make_interval(mins => $1)
            order by created_at limit 100 for update skip locked
        )",
        SIGN_IN_MINUTES
    )
    .execute(&mut *transaction)
    .await?;
    delete_pending(&mut transaction, instance, browser).await?;
    sqlx::query!(
        "insert into pending_identities (instance_id, browser_hash, issuer, subject, profile, link) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing",
        instance,
        &browser.hash()[..],
        pending.person.issuer,
        pending.person.subject,
        Json(&pending.person.profile) as _,
        pending.link
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// The person who is asked for a password in the browser with that token.
///
/// # Errors
/// The database does not answer.
pub async fn pending(pool: &PgPool, instance: i64, browser: &Token) -> Result<Option<PendingIdentity>, IdentityError> {
    let row = sqlx::query!(
        r#"select issuer, subject, profile as "profile: Json<crate::identity_provider::Profile>", link from pending_identities
        where instance_id = $1 and browser_hash = $2 and created_at > now() - make_interval(mins => $3)"#,
        instance,
        &browser.hash()[..],
        SIGN_IN_MINUTES
    )
    .fetch_optional(timed(pool))
    .await?;
    Ok(row.map(|row| PendingIdentity {
        person: ProviderPerson { issuer: row.issuer, subject: row.subject, profile: row.profile.0 },
        link: row.link,
    }))
}

/// Deletes the person who is asked for a password in that browser. Returns whether there was one: of two requests, one gets it.
pub(super) async fn delete_pending(connection: &mut PgConnection, instance: i64, browser: &Token) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from pending_identities where instance_id = $1 and browser_hash = $2", instance, &browser.hash()[..]);
    Ok(done.execute(connection).await?.rows_affected() > 0)
}

/// The visitor who is that person.
///
/// # Errors
/// The query fails.
pub async fn visitor_of(pool: &PgPool, instance: i64, person: &ProviderPerson) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "select visitor_id from visitor_identities where instance_id = $1 and issuer = $2 and subject = $3",
        instance,
        person.issuer,
        person.subject
    )
    .fetch_optional(timed(pool))
    .await
}

/// Makes a visitor that person. Returns `false` if another visitor already is.
pub(super) async fn add_identity(
    connection: &mut PgConnection,
    instance: i64,
    visitor: i64,
    person: &ProviderPerson,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into visitor_identities (instance_id, issuer, subject, visitor_id) values ($1, $2, $3, $4) on conflict do nothing",
        instance,
        person.issuer,
        person.subject,
        visitor
    );
    Ok(done.execute(connection).await?.rows_affected() > 0)
}

/// Forgets who a visitor was at that provider.
pub(super) async fn remove_identity(connection: &mut PgConnection, visitor: i64, issuer: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from visitor_identities where visitor_id = $1 and issuer = $2", visitor, issuer).execute(connection).await?;
    Ok(())
}

/// Fills an account with what the provider says at every sign-in. An identifier that somebody else has stays as it is.
pub(super) async fn fill(
    connection: &mut PgConnection,
    visitor: i64,
    email_address: Option<&str>,
    username: Option<&str>,
    first_name: Option<&str>,
    last_name: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        // Another address is not confirmed, whatever the earlier one was.
        "update visitors v set
            email_verified_at = case when coalesce($2, v.email_address) is distinct from v.email_address and not exists (
                    select from visitors o where o.instance_id = v.instance_id and o.email_address = $2 and o.id <> v.id)
                then null else v.email_verified_at end,
            email_address = case when exists (select from visitors o where o.instance_id = v.instance_id and o.email_address = $2 and o.id <> v.id)
                then v.email_address else coalesce($2, v.email_address) end,
            username = case when exists (select from visitors o where o.instance_id = v.instance_id and o.username = $3 and o.id <> v.id)
                then v.username else coalesce($3, v.username) end,
            first_name = coalesce($4, v.first_name), last_name = coalesce($5, v.last_name)
        where v.id = $1 and (
            $2 is distinct from v.email_address or $3 is distinct from v.username or $4 is distinct from v.first_name
            or $5 is distinct from v.last_name
        )",
        visitor,
        email_address,
        username,
        first_name,
        last_name
    )
    .execute(connection)
    .await?;
    Ok(())
}
