//! Instances in PostgreSQL: listed, created, changed, and locked at the version that a form was filled from.

mod constraints;
mod find;

use sqlx::{PgConnection, PgPool, PgTransaction};

use super::stored::{FilledFrom, StoredInstance};
use crate::{
    api_tokens,
    database::{StoreError, begin, lock_row, timed},
    fallbacks,
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    insight::impact::Figure,
    members,
    members::role::Role,
    redirects::{Environment, Fallbacks, Instance, Settings, trim_invisible},
};
use constraints::on_constraint;
pub use find::{find, find_all, find_any, find_by_portal_origin, find_by_slug, page, portal_hosts, save_ids};

/// What a list or a switcher shows of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceSummary {
    /// The name in URLs.
    pub slug: String,
    /// The name on screens.
    pub name: String,
    /// Development or production.
    pub environment: Environment,
    /// The domain as typed.
    pub domain: String,
}

/// The most instances that a list shows.
pub const MAX_LISTED: i64 = 1000;

/// The instances that an admin is a member of, by name, up to [`MAX_LISTED`].
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn list(pool: &PgPool, admin: i64) -> Result<Vec<InstanceSummary>, StoreError> {
    let rows = sqlx::query!(
        "select i.slug, i.name, i.environment, i.domain_typed
        from members m join instances i on i.id = m.instance_id
        where m.admin_id = $1 and i.archived_at is null
        order by lower(i.name), i.slug limit $2",
        admin,
        MAX_LISTED
    )
    .fetch_all(timed(pool))
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| InstanceSummary {
            environment: row.environment.parse().unwrap_or_default(),
            slug: row.slug,
            name: row.name,
            domain: row.domain_typed,
        })
        .collect())
}

/// Stores a new instance, of which the actor becomes the owner; `domain_typed` is what the screens show for its domain.
///
/// # Errors
/// A slug or portal origin that another instance has, or PostgreSQL.
pub async fn create(pool: &PgPool, actor: &Actor, instance: &Instance, domain_typed: &str) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    insert(&mut transaction, actor, instance, domain_typed, Switches::default(), &Fallbacks::default()).await?;
    transaction.commit().await?;
    Ok(())
}

/// What can be switched on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Switches {
    /// Whether there are hosted pages.
    pub(crate) portal_enabled: bool,
    /// Whether visits are counted.
    pub(crate) visits_counted: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self { portal_enabled: true, visits_counted: true }
    }
}

/// Adds a new instance, of which the actor becomes the owner, inside a transaction, and returns its key.
///
/// # Errors
/// A slug or portal origin that another instance has, or PostgreSQL.
pub(crate) async fn insert(
    transaction: &mut PgTransaction<'_>,
    actor: &Actor,
    instance: &Instance,
    domain_typed: &str,
    switches: Switches,
    fallbacks: &Fallbacks,
) -> Result<i64, StoreError> {
    let origins: Vec<String> = instance.allowed_origins().iter().map(ToString::to_string).collect();
    if let Some(token) = &actor.token {
        api_tokens::store::check(transaction, token, None).await?;
    }
    let id = sqlx::query_scalar!(
        "insert into instances
            (slug, name, environment, domain, domain_typed, portal_origin, home_url, allowed_origins, portal_enabled, visits_counted)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id",
        instance.slug(),
        instance.name(),
        instance.environment().name(),
        instance.domain().as_str(),
        trim_invisible(domain_typed),
        instance.portal_origin().as_str(),
        instance.home_url().as_str(),
        &origins,
        switches.portal_enabled,
        switches.visits_counted
    )
    .fetch_one(&mut **transaction)
    .await
    .map_err(on_constraint)?;
    fallbacks::store::put(transaction, id, fallbacks).await?;
    let entry = changed(Entry::of(id).at(1), None, instance, domain_typed).field("slug", None::<String>, instance.slug());
    let entry = fallbacks::store::changed(entry, &Fallbacks::default(), fallbacks);
    record(transaction, actor, Kind::Created, entry).await?;
    if actor.admin.is_some() {
        members::store::membership::join(transaction, actor, id, Role::Owner).await?;
    }
    Ok(id)
}

/// The settings that differ from what was there, by the names that the form has for them.
pub(crate) fn changed(entry: Entry, before: Option<&StoredInstance>, after: &Instance, domain_typed: &str) -> Entry {
    let was = |get: fn(&Settings) -> &str| before.map(|stored| get(&stored.settings).to_owned());
    let origins: Vec<String> = after.allowed_origins().iter().map(ToString::to_string).collect();
    entry
        .field("name", was(|settings| &settings.name), after.name())
        .field("environment", was(|settings| settings.environment.name()), after.environment().name())
        .field("domain", before.map(|stored| stored.domain_typed.clone()), trim_invisible(domain_typed))
        .field("portal_origin", was(|settings| &settings.portal_origin), after.portal_origin().as_str())
        .field("home_url", was(|settings| &settings.home_url), after.home_url().as_str())
        .field("allowed_origins", before.map(|stored| stored.settings.allowed_origins.clone()).unwrap_or_default(), origins)
}

/// Stores an instance that was read at `instance.version()` from the save of that id, and answers the version it has now. The figure is
/// recorded with it, if it was measured.
///
/// # Errors
/// Not found, saved by somebody else in between, a portal origin that another instance has, or PostgreSQL.
pub async fn update(
    pool: &PgPool,
    actor: &Actor,
    instance: &Instance,
    domain_typed: &str,
    save_id: &str,
    figure: Option<Figure>,
) -> Result<i64, StoreError> {
    let mut transaction = begin(pool).await?;
    let from = FilledFrom { version: instance.version(), save_id };
    let stored = lock(&mut transaction, actor, instance.slug(), from).await?;
    let switches = Switches { portal_enabled: stored.portal_enabled, visits_counted: stored.visits_counted };
    let version = put(&mut transaction, instance, domain_typed, switches, Raise::IfChanged).await?;
    if let Some(version) = version {
        let entry = changed(Entry::of(stored.id).at(version).impact(figure), Some(&stored), instance, domain_typed);
        record(&mut transaction, actor, Kind::Settings, entry).await?;
    }
    transaction.commit().await?;
    Ok(version.unwrap_or(instance.version()))
}

/// When storing settings raises the version of their instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Raise {
    /// Always: something else changes with them.
    Always,
    /// Only if the settings are not what is stored already.
    IfChanged,
}

/// Puts these settings in the place of what a locked instance has, and returns the version that it has then. `None` if the version is not
/// raised: then nothing is stored.
///
/// # Errors
/// A portal origin that another instance has, or PostgreSQL.
pub(crate) async fn put(
    connection: &mut PgConnection,
    instance: &Instance,
    domain_typed: &str,
    switches: Switches,
    raise: Raise,
) -> Result<Option<i64>, StoreError> {
    let origins: Vec<String> = instance.allowed_origins().iter().map(ToString::to_string).collect();
    sqlx::query_scalar!(
        "update instances
        set name = $2, environment = $3, domain = $4, domain_typed = $5, portal_origin = $6, home_url = $7, allowed_origins = $8,
            portal_enabled = $9, visits_counted = $10, version = version + 1, updated_at = now()
        where slug = $1
            and ($11 or (name, environment, domain, domain_typed, portal_origin, home_url, allowed_origins, portal_enabled, visits_counted)
                is distinct from ($2, $3, $4, $5, $6, $7, $8, $9, $10))
        returning version",
        instance.slug(),
        instance.name(),
        instance.environment().name(),
        instance.domain().as_str(),
        trim_invisible(domain_typed),
        instance.portal_origin().as_str(),
        instance.home_url().as_str(),
        &origins,
        switches.portal_enabled,
        switches.visits_counted,
        raise == Raise::Always
    )
    .fetch_optional(connection)
    .await
    .map_err(on_constraint)
}

/// Puts these in the place of an instance's allowed origins, and raises its version, which it returns.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub(crate) async fn put_origins(connection: &mut PgConnection, instance: i64, origins: &[String]) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "update instances set allowed_origins = $2, version = version + 1, updated_at = now() where id = $1 returning version",
        instance,
        origins
    )
    .fetch_one(connection)
    .await
}

/// Locks an instance for the rest of the transaction, if it still is as a form was filled from it.
///
/// # Errors
/// Not found, archived, saved by somebody else in between, or PostgreSQL.
pub async fn lock(
    transaction: &mut PgTransaction<'_>,
    actor: &Actor,
    slug: &str,
    from: FilledFrom<'_>,
) -> Result<StoredInstance, StoreError> {
    lock_row(transaction, actor, slug, Role::Editor).await?;
    let stored = find_any(&mut **transaction, slug).await?.ok_or(StoreError::NotFound)?;
    if from.is_stored(&stored) { Ok(stored) } else { Err(StoreError::Conflict(Box::new(stored))) }
}

/// Whether this database ever had an instance: a first start is told from an emptied list.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn ever_had_one(pool: &PgPool) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(r#"select pg_sequence_last_value(pg_get_serial_sequence('instances', 'id')::regclass) is not null as "ever!""#)
        .fetch_one(pool)
        .await?)
}

/// Whether PostgreSQL answers.
///
/// # Errors
/// It does not.
pub async fn ping(pool: &PgPool) -> Result<(), StoreError> {
    sqlx::query!("select 1 as one").fetch_one(pool).await?;
    Ok(())
}

/// Raises a locked instance's version, which it returns. A trigger tells every runtime.
///
/// # Errors
/// The query fails.
pub(crate) async fn raise_version(connection: &mut PgConnection, instance: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar!("update instances set version = version + 1, updated_at = now() where id = $1 returning version", instance)
        .fetch_one(connection)
        .await
}
