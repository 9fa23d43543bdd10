//! Saving fallback redirects: all of an instance's at once, in one transaction that raises its version.

use sqlx::{PgConnection, PgPool};

use super::{form::FallbackForm, origin_change::OriginChange};
use crate::{
    database::{StoreError, begin},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    insight::impact::Figure,
    instances::store::{lock, put_origins},
    redirects::{Fallbacks, Flow},
    saving::save::Written,
};

/// Stores every field of the form and answers the version the instance has now. Where nothing changed, nothing is raised.
///
/// # Errors
/// Not found, saved by somebody else in between, fields that the policy refuses, or PostgreSQL.
pub async fn save(pool: &PgPool, actor: &Actor, slug: &str, form: &FallbackForm) -> Result<i64, StoreError> {
    let record = Record { kind: Kind::Redirects, about: None, figure: None };
    Ok(write(pool, actor, slug, form, record).await?.version)
}

/// What is recorded of a save besides its values.
#[derive(Clone, Debug)]
pub struct Record {
    /// The kind of change. A change of nothing but origins is one of the settings.
    pub kind: Kind,
    /// What it is about.
    pub about: Option<String>,
    /// How many visits it concerns, if that was measured.
    pub figure: Option<Figure>,
}

/// The same with what undoes it, and with what is recorded of it. The origins that the form allows or takes back are part of the change:
/// one version, one record.
///
/// # Errors
/// Not found, saved by somebody else in between, fields that the policy refuses, or PostgreSQL.
pub async fn write(
    pool: &PgPool,
    actor: &Actor,
    slug: &str,
    form: &FallbackForm,
    Record { kind, about, figure }: Record,
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
    let version = put_origins(&mut transaction, stored.id, &origins).await?;
    // Where nothing but an origin has changed, it is a change of the settings.
    let kind = if fallbacks == stored.fallbacks { Kind::Settings } else { kind };
    let entry = Entry { about, ..Entry::of(stored.id).at(version).impact(figure) }.field("allowed_origins", before.clone(), origins);
    let entry = changed(entry, &stored.fallbacks, &fallbacks);
    record(&mut transaction, actor, kind, entry).await?;
    transaction.commit().await?;
    Ok(Written { version, undo: form.base.clone() + &change.undone() })
}

/// The fallback redirects that differ from what was there, by the names of their fields.
pub(crate) fn changed(entry: Entry, before: &Fallbacks, after: &Fallbacks) -> Entry {
    Flow::ALL.into_iter().fold(entry, |entry, flow| entry.field(flow.field(), before.get(flow), after.get(flow)))
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
