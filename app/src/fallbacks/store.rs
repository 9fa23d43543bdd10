//! Saving fallback redirects: all of an instance's at once, in one transaction that raises its version.

use sqlx::{PgConnection, PgPool};

use super::{form::FallbackForm, origin_change::OriginChange};
use crate::{
    database::{StoreError, begin},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    instances::store::lock,
    redirects::{Fallbacks, Flow},
    saving::save::Written,
};

/// Stores every field of the form and answers the version the instance has now. Where nothing changed, nothing is raised.
///
/// # Errors
/// Not found, saved by somebody else in between, fields that the policy refuses, or PostgreSQL.
pub async fn save(pool: &PgPool, actor: &Actor, slug: &str, form: &FallbackForm) -> Result<i64, StoreError> {
    Ok(write(pool, actor, slug, form, Kind::Redirects, None).await?.version)
}

/// The same with what undoes it, recorded as that kind of change, and about what. The origins that the form allows or takes back are
/// part of the change: one version, one record.
///
/// # Errors
/// Not found, saved by somebody else in between, fields that the policy refuses, or PostgreSQL.
pub async fn write(
    pool: &PgPool,
    actor: &Actor,
    slug: &str,
    form: &FallbackForm,
    kind: Kind,
    about: Option<String>,
) -> Result<Written, StoreError> {
    let mut transaction = begin(pool).await?;
    let stored = lock(&mut transaction, actor, slug, form.filled_from()).await?;
    let change = OriginChange::of(form, &stored);
    let fallbacks = form.check(&stored, &change).map_err(StoreError::Fields)?;
    let (before, origins) = (&stored.settings.allowed_origins, change.stored(&stored.settings.allowed_origins));
    if fallbacks == stored.fallbacks && origins == *before {
        return Ok(Written { version: form.version, undo: String::new() });
    }
    put(&mut transaction, stored.id, &fallbacks).await?;
    let version = sqlx::query_scalar!(
        "update instances set allowed_origins = $2, version = version + 1, updated_at = now() where id = $1 returning version",
        stored.id,
        &origins
    )
    .fetch_one(&mut *transaction)
    .await?;
    // Where nothing but an origin has changed, it is a change of the settings.
    let kind = if fallbacks == stored.fallbacks { Kind::Settings } else { kind };
    let entry = Entry { about, ..Entry::of(stored.id).at(version) }.field("allowed_origins", before.clone(), origins);
    let entry = Flow::ALL.into_iter().fold(entry, |entry, flow| entry.field(flow.field(), stored.fallbacks.get(flow), fallbacks.get(flow)));
    record(&mut transaction, actor, kind, entry).await?;
    transaction.commit().await?;
    Ok(Written { version, undo: form.base.clone() + &change.undone() })
}

/// Puts these in the place of an instance's fallback redirects, inside a transaction that raises its version.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub(crate) async fn put(connection: &mut PgConnection, instance: i64, fallbacks: &Fallbacks) -> sqlx::Result<()> {
    let (flows, values): (Vec<String>, Vec<String>) =
        Flow::ALL.iter().filter_map(|&flow| Some((flow.name().to_owned(), fallbacks.get(flow)?.to_owned()))).unzip();
    sqlx::query!("delete from fallback_redirects where instance_id = $1 and flow <> all($2)", instance, &flows)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "insert into fallback_redirects (instance_id, flow, value)
        select $1, flow, value from unnest($2::text[], $3::text[]) as typed (flow, value)
        on conflict (instance_id, flow) do update set value = excluded.value",
        instance,
        &flows,
        &values
    )
    .execute(&mut *connection)
    .await?;
    Ok(())
}
