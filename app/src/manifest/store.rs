//! Stores what was planned: each instance in one transaction, as one version, against the save that the plan has seen.

use sqlx::PgPool;

use super::{Action, Change};
use crate::{
    admins::Role,
    api_tokens::store::idempotency::{IdempotentRequest, claim},
    applications,
    database::{StoreError, begin, check_role},
    fallbacks,
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    insight::impact::Figure,
    instances::{
        archive::archive_at,
        confirmed_email::store as confirmed_email,
        store::{self, Raise, Switches, changed, lock},
        stored::FilledFrom,
    },
    redirects::Applications,
};

/// Makes a planned change, and returns the version that the instance has then. Where nothing changes, nothing is written. The caller has
/// checked that the actor may create instances. The figure is recorded with an update, if the impact was measured.
///
/// # Errors
/// Not found, archived, the role does not allow it, saved by somebody else since it was planned, a slug or portal origin that another
/// instance has, or PostgreSQL. Then nothing has changed.
pub async fn apply(pool: &PgPool, actor: &Actor, change: &Change, figure: Option<Figure>) -> Result<i64, StoreError> {
    let stored = change.stored.as_deref();
    let save_id = stored.map(|stored| stored.save_id.to_string()).unwrap_or_default();
    let from = FilledFrom { version: stored.map_or(0, |stored| stored.instance.version()), save_id: &save_id };
    match change.action {
        Action::Same => Ok(from.version),
        Action::Archive => archive_at(pool, actor, &change.slug, from).await,
        Action::Create => create(pool, actor, change, None).await.map(|_| 1),
        Action::Update => update(pool, actor, change, from, figure).await,
    }
}

/// Creates a planned instance at version 1. Returns `false` and creates nothing if a request with the same idempotency key has created one
/// before. The caller has checked that the actor may create instances.
///
/// # Errors
/// A slug or portal origin that another instance has, or PostgreSQL. Then nothing has changed.
pub async fn create(pool: &PgPool, actor: &Actor, change: &Change, request: Option<&IdempotentRequest>) -> Result<bool, StoreError> {
    let wanted = change.wanted.as_deref().ok_or(StoreError::NotFound)?;
    let switches = Switches { portal_enabled: wanted.portal_enabled, visits_counted: wanted.visits_counted };
    let mut transaction = begin(pool).await?;
    if let Some(request) = request
        && !claim(&mut transaction, request, &change.slug).await?
    {
        return Ok(false);
    }
    let id = store::insert(&mut transaction, actor, &wanted.instance, &wanted.domain_typed, switches, &wanted.fallbacks).await?;
    if wanted.applications != Applications::default() {
        applications::store::put(&mut transaction, id, &wanted.applications).await?;
        let entry = applications::store::changed(Entry::of(id), &Applications::default(), &wanted.applications);
        record(&mut transaction, actor, Kind::Settings, entry).await?;
    }
    if wanted.requires_confirmed_email {
        confirmed_email::put(&mut transaction, id, true).await?;
        record(&mut transaction, actor, Kind::Settings, confirmed_email::changed(Entry::of(id), false, true)).await?;
    }
    for kind in switched(Switches::default(), switches) {
        record(&mut transaction, actor, kind, Entry::of(id)).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

async fn update(pool: &PgPool, actor: &Actor, change: &Change, from: FilledFrom<'_>, figure: Option<Figure>) -> Result<i64, StoreError> {
    let wanted = change.wanted.as_deref().ok_or(StoreError::NotFound)?;
    let mut transaction = begin(pool).await?;
    let stored = lock(&mut transaction, actor, &change.slug, from).await?;
    let switches = Switches { portal_enabled: wanted.portal_enabled, visits_counted: wanted.visits_counted };
    fallbacks::store::put(&mut transaction, stored.id, &wanted.fallbacks).await?;
    let version = store::put(&mut transaction, &wanted.instance, &wanted.domain_typed, switches, Raise::Always).await?;
    let version = version.ok_or(StoreError::NotFound)?;
    if wanted.applications != stored.applications {
        check_role(&mut transaction, actor, stored.id, Role::Owner).await?;
        applications::store::put(&mut transaction, stored.id, &wanted.applications).await?;
    }
    if wanted.requires_confirmed_email != stored.requires_confirmed_email {
        check_role(&mut transaction, actor, stored.id, Role::Owner).await?;
        confirmed_email::put(&mut transaction, stored.id, wanted.requires_confirmed_email).await?;
    }

    // One row of the history for what the forms save, and one for each switch. The first of them has the version.
    let entry = changed(Entry::of(stored.id), Some(&stored), &wanted.instance, &wanted.domain_typed);
    let entry = applications::store::changed(entry, &stored.applications, &wanted.applications);
    let entry = confirmed_email::changed(entry, stored.requires_confirmed_email, wanted.requires_confirmed_email);
    let is_settings = !entry.after.is_empty();
    let entry = fallbacks::store::changed(entry, &stored.fallbacks, &wanted.fallbacks);
    let saved = (!entry.after.is_empty()).then_some((if is_settings { Kind::Settings } else { Kind::Redirects }, entry.impact(figure)));
    let had = Switches { portal_enabled: stored.portal_enabled, visits_counted: stored.visits_counted };
    let switches = switched(had, switches).map(|kind| (kind, Entry::of(stored.id)));
    for (index, (kind, entry)) in saved.into_iter().chain(switches).enumerate() {
        let entry = if index == 0 { entry.at(version) } else { entry };
        record(&mut transaction, actor, kind, entry).await?;
    }
    transaction.commit().await?;
    Ok(version)
}

/// What is recorded of switches that are turned.
fn switched(before: Switches, after: Switches) -> impl Iterator<Item = Kind> {
    let portal = if after.portal_enabled { Kind::PortalEnabled } else { Kind::PortalDisabled };
    let visits = if after.visits_counted { Kind::VisitsCounted } else { Kind::VisitsNotCounted };
    let portal = (before.portal_enabled != after.portal_enabled).then_some(portal);
    portal.into_iter().chain((before.visits_counted != after.visits_counted).then_some(visits))
}
