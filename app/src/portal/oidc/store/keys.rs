//! Signing keys in PostgreSQL. The private half is encrypted.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::super::{
    key_ring::{PUBLISHED_BEFORE_MINUTES, ROTATION_DAYS},
    signing_key::NewKey,
};
use crate::{
    database::{begin, timed},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
};

/// A key, as it is stored.
pub(in crate::portal::oidc) struct StoredKey {
    pub(in crate::portal::oidc) kid: String,
    pub(in crate::portal::oidc) public_key: Vec<u8>,
    pub(in crate::portal::oidc) private_key: Vec<u8>,
    pub(in crate::portal::oidc) signs_from: OffsetDateTime,
    /// The database's time.
    pub(in crate::portal::oidc) now: OffsetDateTime,
}

/// When a key is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Only if there is none, or the last one has signed for long enough.
    IfDue,
    /// In any case.
    Now,
    /// In any case, and it signs at once: the earlier ones are deleted, because somebody may have read them.
    Leaked,
}

/// The keys of an instance, the earliest first. Those that ended long ago are left out.
pub(in crate::portal::oidc) async fn list(pool: &PgPool, instance: i64) -> sqlx::Result<Vec<StoredKey>> {
    sqlx::query_as!(
        StoredKey,
        r#"select kid, public_key, private_key, signs_from, now() as "now!" from signing_keys k
        where instance_id = $1
            and not exists (
                select from signing_keys n
                where n.instance_id = $1 and n.signs_from > k.signs_from and n.signs_from < now() - interval '1 day'
            )
        order by signs_from"#,
        instance
    )
    .fetch_all(timed(pool))
    .await
}

/// Adds a key. Two runtimes may want to at the same moment: the second one finds that nothing is due any more.
pub(in crate::portal::oidc) async fn add(pool: &PgPool, instance: i64, key: &NewKey, rotation: Rotation) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    let added = add_in(&mut transaction, instance, key, rotation).await?;
    transaction.commit().await?;
    Ok(added)
}

/// Adds a key inside a transaction. Returns whether it was due.
///
/// # Errors
/// The query fails.
pub async fn add_in(connection: &mut PgConnection, instance: i64, key: &NewKey, rotation: Rotation) -> sqlx::Result<bool> {
    sqlx::query!("select id from instances where id = $1 for no key update", instance).fetch_optional(&mut *connection).await?;
    if rotation == Rotation::Leaked {
        sqlx::query!("delete from signing_keys where instance_id = $1", instance).execute(&mut *connection).await?;
    }
    // The ones that ended long ago.
    sqlx::query!(
        "delete from signing_keys k where instance_id = $1 and exists (
            select from signing_keys n
            where n.instance_id = $1 and n.signs_from > k.signs_from and n.signs_from < now() - interval '1 day'
        )",
        instance
    )
    .execute(&mut *connection)
    .await?;
    let inserted = sqlx::query!(
        "insert into signing_keys (instance_id, kid, public_key, private_key, signs_from)
        select $1, $2, $3, $4,
            case when exists (select from signing_keys where instance_id = $1) then now() + make_interval(mins => $5) else now() end
        where not exists (
            select from signing_keys
            where instance_id = $1 and signs_from > now() - case when $6 then make_interval(days => $7) else interval '0' end
        )",
        instance,
        key.kid,
        key.public_key,
        key.private_key,
        PUBLISHED_BEFORE_MINUTES,
        rotation == Rotation::IfDue,
        ROTATION_DAYS
    );
    Ok(inserted.execute(&mut *connection).await?.rows_affected() > 0)
}

/// The key and the name of each instance that is not archived, or of the one with that slug.
///
/// # Errors
/// The query fails.
pub async fn instances(connection: &mut PgConnection, slug: Option<&str>) -> sqlx::Result<Vec<(i64, String)>> {
    let rows =
        sqlx::query!("select id, slug from instances where archived_at is null and ($1::text is null or slug = $1) order by slug", slug);
    Ok(rows.fetch_all(connection).await?.into_iter().map(|row| (row.id, row.slug)).collect())
}

/// Whether an instance has a key.
///
/// # Errors
/// The query fails.
pub async fn has_one(connection: &mut PgConnection, instance: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from signing_keys where instance_id = $1) as "has!""#, instance)
        .fetch_one(connection)
        .await
}

/// Notes that somebody has made a new key.
///
/// # Errors
/// The query fails.
pub async fn record_rotation(connection: &mut PgConnection, instance: i64) -> sqlx::Result<()> {
    record(connection, &Actor::command_line(), Kind::SigningKeyRotated, Entry::of(instance)).await
}

/// One of the stored keys, to try the secret key: its instance, and its private half, encrypted. A database that is not migrated yet has
/// none.
///
/// # Errors
/// The query fails.
pub async fn any(connection: &mut PgConnection) -> sqlx::Result<Option<(i64, Vec<u8>)>> {
    let is_there = sqlx::query_scalar!(r#"select to_regclass('signing_keys') is not null as "there!""#);
    if !is_there.fetch_one(&mut *connection).await? {
        return Ok(None);
    }
    let row = sqlx::query!("select instance_id, private_key from signing_keys order by signs_from desc limit 1");
    let row = row.fetch_optional(connection).await?;
    Ok(row.map(|row| (row.instance_id, row.private_key)))
}
