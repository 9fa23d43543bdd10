//! What editors do on the Activity tab, each in one transaction with its record.

use sqlx::PgPool;

use crate::{
    database::{StoreError, begin, lock_row},
    fallbacks::origin_change::OriginChange,
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    insight::{
        activity::{
            allow::origin_to_allow,
            commands::{Counting, Dismissal, OriginChangeKind},
            refused::RefusedItem,
        },
        impact::Figure,
    },
    instances::store::{find_any, put_origins},
    members::role::Role,
    redirects::{AllowedOrigin, Refusal},
};

/// Why an origin is not allowed.
#[derive(Debug, thiserror::Error)]
pub enum AllowError {
    /// Settings would refuse it, or it would not help.
    #[error("the origin can't be allowed")]
    NotAllowable,
    /// The instance is not there or archived, the caller may not, or PostgreSQL.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for AllowError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Allows an origin, or takes it back, whatever else was saved meanwhile. The record keeps the figure. Returns whether that has changed anything.
///
/// # Errors
/// The origin can't be allowed, or why nothing can be stored.
pub async fn change_origin(
    pool: &PgPool,
    actor: &Actor,
    slug: &str,
    origin: &str,
    kind: OriginChangeKind,
    figure: Option<Figure>,
) -> Result<bool, AllowError> {
    let mut transaction = begin(pool).await?;
    lock_row(&mut transaction, actor, slug, Role::Editor).await?;
    let stored = find_any(&mut *transaction, slug).await?.ok_or(StoreError::NotFound)?;
    let parsed = AllowedOrigin::parse(origin, stored.instance.environment()).map_err(|_| AllowError::NotAllowable)?;
    let is_stored = stored.settings.allowed_origins.iter().any(|known| *known == parsed.as_str());
    if is_stored == (kind == OriginChangeKind::Allow) {
        return Ok(false);
    }
    let change = match kind {
        OriginChangeKind::Allow => {
            let item = RefusedItem { reason: Refusal::Foreign, name: origin.to_owned() };
            let origin = origin_to_allow(&stored, &item).filter(|origin| *origin == parsed).ok_or(AllowError::NotAllowable)?;
            OriginChange { added: vec![origin], removed: Vec::new() }
        }
        OriginChangeKind::TakeBack => OriginChange { added: Vec::new(), removed: vec![parsed] },
    };
    let before = stored.settings.allowed_origins;
    let origins = change.stored(&before);
    let version = put_origins(&mut transaction, stored.id, &origins).await?;
    let entry = Entry::of(stored.id).at(version).field("allowed_origins", before, origins).impact(figure);
    record(&mut transaction, actor, Kind::Settings, entry).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Hides a refused redirect, or shows it again.
///
/// # Errors
/// The instance is not there or archived, the caller may not, or PostgreSQL.
pub async fn dismiss(pool: &PgPool, actor: &Actor, slug: &str, refused: &str, change: Dismissal) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let id = lock_row(&mut transaction, actor, slug, Role::Editor).await?;
    let (kind, changed) = match change {
        Dismissal::Dismiss => {
            let inserted =
                sqlx::query!("insert into dismissed_refusals (instance_id, refused) values ($1, $2) on conflict do nothing", id, refused);
            (Kind::RefusalDismissed, inserted.execute(&mut *transaction).await?)
        }
        Dismissal::Show => {
            let deleted = sqlx::query!("delete from dismissed_refusals where instance_id = $1 and refused = $2", id, refused);
            (Kind::RefusalShown, deleted.execute(&mut *transaction).await?)
        }
    };
    if changed.rows_affected() > 0 {
        record(&mut transaction, actor, kind, Entry::of(id).about(refused)).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Switches the counting of an instance's visits. What was counted stays.
///
/// # Errors
/// The instance is not there or archived, the caller may not, or PostgreSQL.
pub async fn set_counting(pool: &PgPool, actor: &Actor, slug: &str, counting: Counting) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let id = lock_row(&mut transaction, actor, slug, Role::Editor).await?;
    let is_on = counting == Counting::On;
    let switched = sqlx::query_scalar!(
        "update instances set visits_counted = $2, version = version + 1, updated_at = now()
        where id = $1 and visits_counted <> $2 returning version",
        id,
        is_on
    )
    .fetch_optional(&mut *transaction)
    .await?;
    if let Some(version) = switched {
        let kind = if is_on { Kind::VisitsCounted } else { Kind::VisitsNotCounted };
        record(&mut transaction, actor, kind, Entry::of(id).at(version)).await?;
    }
    transaction.commit().await?;
    Ok(())
}
