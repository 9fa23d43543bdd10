//! The setting in PostgreSQL. Each change is recorded in its transaction.

use sqlx::{PgConnection, PgPool};

use crate::{
    admins::Role,
    database::{StoreError, begin, lock_row},
    history::{
        Actor, Kind,
        fields::CONFIRMED_EMAIL,
        record::{Entry, record},
    },
    instances::store::{find_any, raise_version},
};

/// Sets it for one of the instance's owners, as the instance's next version. Where nothing changes, nothing is written.
///
/// # Errors
/// The instance is not there or archived, the actor is not an owner, or PostgreSQL.
pub async fn set(pool: &PgPool, actor: &Actor, slug: &str, is_required: bool) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let id = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let stored = find_any(&mut *transaction, slug).await?.ok_or(StoreError::NotFound)?;
    if stored.requires_confirmed_email == is_required {
        return Ok(());
    }
    put(&mut transaction, id, is_required).await?;
    let version = raise_version(&mut transaction, id).await?;
    let entry = changed(Entry::of(id).at(version), stored.requires_confirmed_email, is_required);
    record(&mut transaction, actor, Kind::Settings, entry).await?;
    transaction.commit().await?;
    Ok(())
}

/// Sets it for a locked instance. The caller raises the version.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub(crate) async fn put(connection: &mut PgConnection, instance: i64, is_required: bool) -> sqlx::Result<()> {
    sqlx::query!("update instances set requires_confirmed_email = $2 where id = $1", instance, is_required).execute(connection).await?;
    Ok(())
}

/// What has changed, by the name in the settings file.
pub(crate) fn changed(entry: Entry, before: bool, after: bool) -> Entry {
    entry.field(CONFIRMED_EMAIL, before, after)
}
