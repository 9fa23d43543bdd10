//! Identity providers in PostgreSQL: read, saved, removed. Each change raises the version of its instance.

use sqlx::{PgConnection, PgExecutor, PgPool};

use super::{ClaimRule, EncryptedSecret, ProviderSettings, StoredProvider};
use crate::{
    credentials::secret_key::{NotDecrypted, SecretKey},
    database::{StoreError, begin, lock_row},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    instances::store::raise_version,
    members::role::Role,
    ui::form::FieldError,
};

/// What becomes of the secret when a provider is saved.
#[derive(Clone, Copy)]
pub enum NewSecret<'a> {
    /// The stored one stays.
    Same,
    /// There is none any more.
    None,
    /// This one takes its place, encrypted with this key.
    Set(&'a str, &'a SecretKey),
}

/// The provider of an instance; `None` if it has none.
///
/// # Errors
/// The query fails.
pub async fn find<'e>(executor: impl PgExecutor<'e>, instance: i64) -> sqlx::Result<Option<StoredProvider>> {
    let row = sqlx::query!(
        "select issuer, client_id, client_secret, scopes, button_text, email_claim, email_use, first_name_claim, last_name_claim, names_use,
            username_claim, username_use, trusts_email, allows_sign_up, email_domains, replaces_accounts
        from identity_providers where instance_id = $1",
        instance
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| StoredProvider {
        instance,
        client_secret: row.client_secret.map(EncryptedSecret),
        settings: ProviderSettings {
            issuer: row.issuer,
            client_id: row.client_id,
            scopes: row.scopes,
            button_text: row.button_text,
            // The constraints let no other names through.
            email: ClaimRule { claim: row.email_claim, usage: row.email_use.parse().unwrap_or_default() },
            names: [row.first_name_claim, row.last_name_claim],
            names_use: row.names_use.parse().unwrap_or_default(),
            username: ClaimRule { claim: row.username_claim, usage: row.username_use.parse().unwrap_or_default() },
            trusts_email: row.trusts_email,
            allows_sign_up: row.allows_sign_up,
            email_domains: row.email_domains,
            replaces_accounts: row.replaces_accounts,
        },
    }))
}

/// Stores the provider of an instance for one of its owners. `seen` is the fingerprint of what the form was filled from.
///
/// # Errors
/// Not found, archived, not an owner, changed by somebody else meanwhile, a secret that is needed anew, or PostgreSQL.
pub async fn save(
    pool: &PgPool,
    actor: &Actor,
    slug: &str,
    settings: &ProviderSettings,
    secret: NewSecret<'_>,
    seen: &str,
) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let id = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let before = find(&mut *transaction, id).await?;
    check_seen(before.as_ref(), seen)?;
    let is_same_client =
        before.as_ref().is_some_and(|before| before.settings.issuer == settings.issuer && before.settings.client_id == settings.client_id);
    let had_secret = before.as_ref().is_some_and(|before| before.client_secret.is_some());
    let (stored, secret_changed) = match secret {
        NewSecret::None => (None, had_secret),
        NewSecret::Same if had_secret && !is_same_client => {
            let message = "The issuer or the client id is another one. Enter the secret of that client too.";
            return Err(StoreError::Fields(vec![FieldError::new("client_secret", message)]));
        }
        NewSecret::Same => (before.as_ref().and_then(|before| before.client_secret.clone()), false),
        NewSecret::Set(secret, key) => {
            let encrypted = EncryptedSecret::encrypt(secret, key, id, &settings.issuer, &settings.client_id);
            (Some(encrypted?), true)
        }
    };
    if before.as_ref().is_some_and(|before| before.settings == *settings) && !secret_changed {
        return Ok(());
    }
    put(&mut transaction, id, settings, stored.as_ref()).await?;
    let entry = changed(
        Entry::of(id).at(raise_version(&mut transaction, id).await?),
        before.as_ref().map(|before| &before.settings),
        Some(settings),
    );
    // That it changed, and never what it is.
    let entry = if secret_changed {
        entry.field("client_secret", secret_state(had_secret), new_state(stored.is_some(), had_secret))
    } else {
        entry
    };
    record(&mut transaction, actor, Kind::IdentityProvider, entry).await?;
    transaction.commit().await?;
    Ok(())
}

/// Removes the provider of an instance for one of its owners. What its visitors are known by stays.
///
/// # Errors
/// Not found, archived, not an owner, changed by somebody else meanwhile, or PostgreSQL.
pub async fn remove(pool: &PgPool, actor: &Actor, slug: &str, seen: &str) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let id = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let Some(before) = find(&mut *transaction, id).await? else { return Ok(()) };
    check_seen(Some(&before), seen)?;
    sqlx::query!("delete from identity_providers where instance_id = $1", id).execute(&mut *transaction).await?;
    let entry = changed(Entry::of(id).at(raise_version(&mut transaction, id).await?), Some(&before.settings), None);
    record(&mut transaction, actor, Kind::IdentityProviderRemoved, entry).await?;
    transaction.commit().await?;
    Ok(())
}

/// Some of the providers of instances that are not archived: the instance's slug and the issuer.
///
/// # Errors
/// The query fails.
pub async fn issuers<'e>(executor: impl PgExecutor<'e>, limit: i64) -> sqlx::Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        "select i.slug, p.issuer from identity_providers p join instances i on i.id = p.instance_id
        where i.archived_at is null order by i.slug limit $1",
        limit
    );
    Ok(rows.fetch_all(executor).await?.into_iter().map(|row| (row.slug, row.issuer)).collect())
}

/// A stored client secret, to try the secret key.
#[derive(Clone, Debug)]
pub struct StoredSecret {
    instance: i64,
    /// The slug of its instance.
    pub slug: String,
    issuer: String,
    client_id: String,
    secret: EncryptedSecret,
}

/// Some of the stored client secrets. A database that is not migrated yet has none.
///
/// # Errors
/// The query fails.
pub async fn secrets(connection: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<StoredSecret>> {
    let is_there = sqlx::query_scalar!(r#"select to_regclass('identity_providers') is not null as "there!""#);
    if !is_there.fetch_one(&mut *connection).await? {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"select p.instance_id, i.slug, p.issuer, p.client_id, p.client_secret as "client_secret!"
        from identity_providers p join instances i on i.id = p.instance_id
        where p.client_secret is not null order by i.slug limit $1"#,
        limit
    );
    let secrets = rows.fetch_all(connection).await?.into_iter().map(|row| StoredSecret {
        instance: row.instance_id,
        slug: row.slug,
        issuer: row.issuer,
        client_id: row.client_id,
        secret: EncryptedSecret(row.client_secret),
    });
    Ok(secrets.collect())
}

impl StoredSecret {
    /// Checks that it can be read with that key.
    ///
    /// # Errors
    /// It can't.
    pub fn check(&self, key: &SecretKey) -> Result<(), NotDecrypted> {
        self.secret.decrypt(key, self.instance, &self.issuer, &self.client_id).map(drop)
    }
}

fn check_seen(stored: Option<&StoredProvider>, seen: &str) -> Result<(), StoreError> {
    if stored.map(StoredProvider::fingerprint).unwrap_or_default() == seen {
        return Ok(());
    }
    let message = "Somebody else has changed these settings since you opened this page. Open it again, then make your change.";
    Err(StoreError::Fields(vec![FieldError::new("", message)]))
}

fn secret_state(is_set: bool) -> &'static str {
    if is_set { "Set" } else { "None" }
}

fn new_state(is_set: bool, was_set: bool) -> &'static str {
    if is_set && was_set { "Set anew" } else { secret_state(is_set) }
}

async fn put(
    connection: &mut PgConnection,
    instance: i64,
    settings: &ProviderSettings,
    secret: Option<&EncryptedSecret>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into identity_providers (instance_id, issuer, client_id, client_secret, scopes, button_text, email_claim, email_use,
            first_name_claim, last_name_claim, names_use, username_claim, username_use, trusts_email, allows_sign_up, email_domains,
            replaces_accounts)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        on conflict (instance_id) do update set issuer = $2, client_id = $3, client_secret = $4, scopes = $5, button_text = $6,
            email_claim = $7, email_use = $8, first_name_claim = $9, last_name_claim = $10, names_use = $11, username_claim = $12,
            username_use = $13, trusts_email = $14, allows_sign_up = $15, email_domains = $16, replaces_accounts = $17",
        instance,
        settings.issuer,
        settings.client_id,
        secret.map(|secret| &secret.0),
        settings.scopes,
        settings.button_text,
        settings.email.claim,
        settings.email.usage.name(),
        settings.names[0],
        settings.names[1],
        settings.names_use.name(),
        settings.username.claim,
        settings.username.usage.name(),
        settings.trusts_email,
        settings.allows_sign_up,
        &settings.email_domains,
        settings.replaces_accounts
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The settings that differ, by the names that the form has for them.
fn changed(entry: Entry, before: Option<&ProviderSettings>, after: Option<&ProviderSettings>) -> Entry {
    type Get = fn(&ProviderSettings) -> serde_json::Value;
    let fields: [(&str, Get); 15] = [
        ("issuer", |settings| settings.issuer.clone().into()),
        ("client_id", |settings| settings.client_id.clone().into()),
        ("scopes", |settings| settings.scopes.clone().into()),
        ("button_text", |settings| settings.button_text.clone().into()),
        ("email_claim", |settings| settings.email.claim.clone().into()),
        ("email_use", |settings| settings.email.usage.name().into()),
        ("first_name_claim", |settings| settings.names[0].clone().into()),
        ("last_name_claim", |settings| settings.names[1].clone().into()),
        ("names_use", |settings| settings.names_use.name().into()),
        ("username_claim", |settings| settings.username.claim.clone().into()),
        ("username_use", |settings| settings.username.usage.name().into()),
        ("trusts_email", |settings| settings.trusts_email.into()),
        ("allows_sign_up", |settings| settings.allows_sign_up.into()),
        ("email_domains", |settings| settings.email_domains.clone().into()),
        ("replaces_accounts", |settings| settings.replaces_accounts.into()),
    ];
    fields.into_iter().fold(entry, |entry, (name, get)| {
        let value = |settings: Option<&ProviderSettings>| settings.map_or(serde_json::Value::Null, get);
        entry.field(name, value(before), value(after))
    })
}
