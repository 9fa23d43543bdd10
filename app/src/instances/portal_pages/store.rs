//! Whether an instance has hosted pages, in PostgreSQL.

use sqlx::PgPool;

use super::PortalPages;
use crate::{
    database::{StoreError, begin, lock_row},
    error::AppError,
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    members::role::Role,
    saving::{
        outcome::{SaveOutcome, Saved},
        save::Saver,
    },
};

/// Switches the hosted pages for one of the instance's editors.
///
/// # Errors
/// The caller may not, the instance is archived, or the database does not answer.
pub(in crate::instances) async fn set(slug: String, pages: PortalPages) -> Result<SaveOutcome, AppError> {
    let saver = Saver::editor(slug).await?;
    let version = switch(&saver.pool, &saver.actor, &saver.slug, pages).await.map_err(StoreError::into_app_error)?;
    saver.mark_saved();
    Ok(SaveOutcome::Saved(Saved { slug: saver.slug, version, ..Saved::default() }))
}

/// Switches the hosted pages on or off, and returns the version that the instance has then. If nothing changes, it is the old one.
///
/// # Errors
/// Not found, archived, the role does not allow it, or PostgreSQL.
async fn switch(pool: &PgPool, actor: &Actor, slug: &str, pages: PortalPages) -> Result<i64, StoreError> {
    let mut transaction = begin(pool).await?;
    let id = lock_row(&mut transaction, actor, slug, Role::Editor).await?;
    let switched = sqlx::query_scalar!(
        "update instances set portal_enabled = $2, version = version + 1, updated_at = now()
        where id = $1 and portal_enabled <> $2 returning version",
        id,
        pages == PortalPages::On
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let version = match switched {
        Some(version) => {
            let kind = if pages == PortalPages::On { Kind::PortalEnabled } else { Kind::PortalDisabled };
            record(&mut transaction, actor, kind, Entry::of(id).at(version)).await?;
            version
        }
        None => sqlx::query_scalar!("select version from instances where id = $1", id).fetch_one(&mut *transaction).await?,
    };
    transaction.commit().await?;
    Ok(version)
}
