//! Preview origins in PostgreSQL: added, removed, listed, and deleted when they have long expired.

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use super::{MAX_PREVIEW_ORIGINS, parse_origin};
use crate::{
    database::{StoreError, begin, lock_row, timed},
    history::{
        Actor, Kind,
        record::{Entry, record},
        with_token,
    },
    instances::store::raise_version,
    members::role::Role,
    redirects::{AllowedOrigin, Environment, Timestamp},
    ui::{form::FieldError, text::timestamp},
};

/// How long an expired row is kept, in hours, so that Preview and Settings can say when it expired. It is deleted earlier if room is needed.
pub const KEPT_HOURS: i32 = 24;

/// A stored preview origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewOrigin {
    /// The origin, in ASCII.
    pub origin: String,
    /// From then on, it is not allowed.
    pub expires_at: Timestamp,
    /// When it was added, or its expiry moved.
    pub added_at: OffsetDateTime,
    /// Who added it, by the name that they had then.
    pub added_by: String,
}

/// A preview origin that was added, or was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its expiry until then; `None` if it was not there. The same expiry as the new one means that nothing changed.
    pub before: Option<Timestamp>,
    /// The version that the instance has now.
    pub version: i64,
}

/// An instance has as many preview origins as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("There are {MAX_PREVIEW_ORIGINS} preview origins, which is the most. Remove one, or let them expire sooner.")]
pub struct NoRoom;

/// Adds an origin to an instance, or moves its expiry. An origin that has this expiry already stays as it is.
///
/// # Errors
/// Not found, archived, the role does not allow it, the origin is none or one too many (field `origin`), or PostgreSQL.
pub async fn add(pool: &PgPool, actor: &Actor, slug: &str, origin: &str, expires_at: Timestamp) -> Result<Added, StoreError> {
    let wrong = |message: &dyn ToString| StoreError::Fields(vec![FieldError::new("origin", message.to_string())]);
    let mut transaction = begin(pool).await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Editor).await?;
    let row = sqlx::query!("select environment, version from instances where id = $1", instance).fetch_one(&mut *transaction).await?;
    let origin = parse_origin(origin, row.environment.parse().unwrap_or_default()).map_err(|error| wrong(&error))?;
    let before =
        sqlx::query_scalar!("select expires_at from preview_origins where instance_id = $1 and origin = $2", instance, origin.as_str())
            .fetch_optional(&mut *transaction)
            .await?
            .map(Timestamp::from);
    if before == Some(expires_at) {
        return Ok(Added { before, version: row.version });
    }
    if before.is_none() {
        if !has_room(&mut *transaction, instance).await? {
            return Err(wrong(&NoRoom));
        }
        make_room(&mut transaction, instance).await?;
    }
    sqlx::query!(
        "insert into preview_origins (instance_id, origin, expires_at, added_by) values ($1, $2, $3, $4)
        on conflict (instance_id, origin) do update set expires_at = excluded.expires_at, added_at = now(), added_by = excluded.added_by",
        instance,
        origin.as_str(),
        expires_at.time(),
        with_token(&actor.name, actor.token.as_ref().map(|token| token.name.as_str()))
    )
    .execute(&mut *transaction)
    .await?;
    let version = raise_version(&mut transaction, instance).await?;
    let entry = Entry::of(instance).at(version).about(origin.as_str());
    let entry = entry.field("expires_at", before.map(|before| timestamp(before.time())), timestamp(expires_at.time()));
    record(&mut transaction, actor, Kind::PreviewOriginAdded, entry).await?;
    transaction.commit().await?;
    Ok(Added { before, version })
}

/// Removes an origin from an instance. Returns its expiry; `None` if it was not there.
///
/// # Errors
/// Not found, archived, the role does not allow it, or PostgreSQL.
pub async fn remove(pool: &PgPool, actor: &Actor, slug: &str, origin: &str) -> Result<Option<Timestamp>, StoreError> {
    let mut transaction = begin(pool).await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Editor).await?;
    // Also one that the environment of today would refuse.
    let origin = AllowedOrigin::parse(origin, Environment::Development).map_or_else(|_| origin.to_owned(), |origin| origin.to_string());
    // PostgreSQL takes no text with a zero in it.
    if origin.contains('\0') {
        return Ok(None);
    }
    let removed =
        sqlx::query_scalar!("delete from preview_origins where instance_id = $1 and origin = $2 returning expires_at", instance, origin)
            .fetch_optional(&mut *transaction)
            .await?;
    let Some(expires_at) = removed else { return Ok(None) };
    let version = raise_version(&mut transaction, instance).await?;
    let entry = Entry::of(instance).at(version).about(origin).field("expires_at", timestamp(expires_at), None::<String>);
    record(&mut transaction, actor, Kind::PreviewOriginRemoved, entry).await?;
    transaction.commit().await?;
    Ok(Some(expires_at.into()))
}

/// The preview origins of an instance, the one that expires next first. Those that have expired are among them until they are deleted.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn list(pool: &PgPool, instance: i64) -> Result<Vec<PreviewOrigin>, StoreError> {
    let rows = sqlx::query!(
        "select origin, expires_at, added_at, added_by from preview_origins where instance_id = $1 order by expires_at, origin",
        instance
    )
    .fetch_all(timed(pool))
    .await?;
    let read = rows.into_iter().map(|row| PreviewOrigin {
        origin: row.origin,
        expires_at: row.expires_at.into(),
        added_at: row.added_at,
        added_by: row.added_by,
    });
    Ok(read.collect())
}

/// Deletes the origins that expired more than [`KEPT_HOURS`] ago, one instance after the other. Each gets a new version, so that every
/// runtime forgets them too. Nobody did that, so it is no change in the history. Returns how many are gone.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn delete_expired(pool: &PgPool) -> sqlx::Result<u64> {
    let mut all = 0;
    loop {
        let mut transaction = begin(pool).await?;
        // Where several runtimes do this at once, each takes another instance. One that is being saved now is left for later.
        let instance = sqlx::query_scalar!(
            "select i.id from preview_origins p join instances i on i.id = p.instance_id
            where p.expires_at < now() - make_interval(hours => $1) and i.archived_at is null
            order by p.expires_at limit 1 for no key update of i skip locked",
            KEPT_HOURS
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(instance) = instance else { return Ok(all) };
        let deleted = sqlx::query!(
            "delete from preview_origins where instance_id = $1 and expires_at < now() - make_interval(hours => $2)",
            instance,
            KEPT_HOURS
        )
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if deleted > 0 {
            raise_version(&mut transaction, instance).await?;
        }
        transaction.commit().await?;
        all += deleted;
    }
}

/// Whether one more origin can be added to an instance. Origins that have expired don't count: [`add`] deletes them if room is needed.
///
/// # Errors
/// The query fails.
pub async fn has_room(executor: impl PgExecutor<'_>, instance: i64) -> sqlx::Result<bool> {
    let max = i64::try_from(MAX_PREVIEW_ORIGINS).unwrap_or(i64::MAX);
    let is_below = sqlx::query_scalar!(
        r#"select count(*) < $2 as "is_below!" from preview_origins where instance_id = $1 and expires_at > now()"#,
        instance,
        max
    );
    is_below.fetch_one(executor).await
}

/// Deletes the origins that have expired if the instance has as many rows as it may have.
async fn make_room(connection: &mut PgConnection, instance: i64) -> sqlx::Result<()> {
    let expired = sqlx::query!(
        "delete from preview_origins where instance_id = $1 and expires_at <= now()
            and (select count(*) from preview_origins where instance_id = $1) >= $2",
        instance,
        i64::try_from(MAX_PREVIEW_ORIGINS).unwrap_or(i64::MAX)
    );
    expired.execute(connection).await?;
    Ok(())
}
