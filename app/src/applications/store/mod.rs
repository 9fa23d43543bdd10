//! Applications in PostgreSQL: what is marked, and clients with a secret. Each change is recorded in its transaction.

pub mod clients;

use sqlx::{PgConnection, PgPool};

use super::form::ApplicationsForm;
use crate::{
    admins::Role,
    database::{StoreError, begin, lock_row},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    instances::store::{find_any, raise_version},
    redirects::Applications,
};

/// Saves what an owner says of the applications, as the instance's next version. Where nothing changes, nothing is written.
///
/// # Errors
/// Something is wrong with the form, the instance is not there or archived, the actor is not an owner, or PostgreSQL.
pub async fn save(pool: &PgPool, actor: &Actor, slug: &str, form: &ApplicationsForm) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let id = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let stored = find_any(&mut *transaction, slug).await?.ok_or(StoreError::NotFound)?;
    let applications = form.check(&stored).map_err(StoreError::Fields)?;
    if applications == stored.applications {
        return Ok(());
    }
    put(&mut transaction, id, &applications).await?;
    let version = raise_version(&mut transaction, id).await?;
    record(&mut transaction, actor, Kind::Settings, changed(Entry::of(id).at(version), &stored.applications, &applications)).await?;
    transaction.commit().await?;
    Ok(())
}

/// Puts these in the place of a locked instance's applications. The caller raises the version.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub(crate) async fn put(connection: &mut PgConnection, instance: i64, applications: &Applications) -> sqlx::Result<()> {
    sqlx::query!(
        "update instances set application_origins = $2, names_in_tokens = $3 where id = $1",
        instance,
        &applications.origins,
        applications.names_in_tokens
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What has changed, by the names of the settings file.
pub(crate) fn changed(entry: Entry, before: &Applications, after: &Applications) -> Entry {
    entry.field("application_origins", before.origins.clone(), after.origins.clone()).field(
        "names_in_tokens",
        before.names_in_tokens,
        after.names_in_tokens,
    )
}
