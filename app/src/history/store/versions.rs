//! Earlier versions of an instance: who made them, and the fallback redirects that they had.

use serde_json::{Map, Value};
use sqlx::{PgPool, types::Json};
use time::OffsetDateTime;

use super::changes::{Change, Row};
use crate::{
    database::timed,
    history::{Kind, with_token},
    instances::stored::StoredInstance,
    redirects::{Fallbacks, Flow},
};

/// Who made a version of an instance, and when; `None` if the instance never had that version.
///
/// # Errors
/// The query fails.
pub async fn version(pool: &PgPool, instance: i64, version: i64) -> sqlx::Result<Option<(String, OffsetDateTime)>> {
    let found = sqlx::query!("select who, api_token, at from changes where instance_id = $1 and version = $2", instance, version);
    Ok(found.fetch_optional(timed(pool)).await?.map(|row| (with_token(&row.who, row.api_token.as_deref()), row.at)))
}

/// The newest change after a version of an instance that concerns more than preview origins. `None` if preview origins alone have raised
/// the version since: they were added, removed, or deleted after they expired. After version 0, it is the change that made the settings and
/// redirects that are in force.
///
/// # Errors
/// The query fails.
pub async fn newest_change(pool: &PgPool, instance: i64, after: i64) -> sqlx::Result<Option<Change>> {
    let preview_origins = Kind::PREVIEW_ORIGINS.map(|kind| kind.name().to_owned());
    let row = sqlx::query_as!(
        Row,
        r#"
        select c.id, c.at, c.kind, i.slug as "instance?", c.version, c.who, c.api_token, null as address, c.about,
            c.before as "before!: Json<Map<String, Value>>", c.after as "after!: Json<Map<String, Value>>",
            null::bigint as attempts, c.at as "last_at!"
        from changes c join instances i on i.id = c.instance_id
        where c.instance_id = $1 and c.version > $2 and c.kind <> all($3)
        order by c.version desc limit 1
        "#,
        instance,
        after,
        &preview_origins
    );
    row.fetch_optional(timed(pool)).await?.map(Row::read).transpose()
}

/// The fallback redirects that an instance had at a version: its present ones, with every later change undone. `None` if the instance
/// never had that version.
///
/// # Errors
/// The query fails.
pub async fn fallbacks_at(pool: &PgPool, stored: &StoredInstance, at: i64) -> sqlx::Result<Option<Fallbacks>> {
    let now = stored.instance.version();
    if at > now || version(pool, stored.id, at).await?.is_none() {
        return Ok(None);
    }
    let fields = Flow::ALL.map(|flow| flow.field().to_owned());
    // `stored` does not contain changes that were made after it was read.
    let rows = sqlx::query!(
        r#"
        select distinct on (field.key) field.key as "key!", field.value
        from changes c, jsonb_each_text(c.before) field
        where c.instance_id = $1 and c.version > $2 and c.version <= $3 and field.key = any($4)
        order by field.key, c.version
        "#,
        stored.id,
        at,
        now,
        &fields
    )
    .fetch_all(timed(pool))
    .await?;
    let mut fallbacks = stored.fallbacks.clone();
    for row in rows {
        if let Some(flow) = Flow::of_field(&row.key) {
            fallbacks.set(flow, row.value.as_deref().unwrap_or_default());
        }
    }
    Ok(Some(fallbacks))
}

/// The values before and after the change to a version, by the names of form fields. Only the fields that it changed are there. `None`
/// if no change made that version.
///
/// # Errors
/// The query fails.
pub async fn change_at(pool: &PgPool, instance: i64, version: i64) -> sqlx::Result<Option<[Map<String, Value>; 2]>> {
    let row = sqlx::query!(
        r#"
        select before as "before!: Json<Map<String, Value>>", after as "after!: Json<Map<String, Value>>"
        from changes where instance_id = $1 and version = $2
        "#,
        instance,
        version
    );
    Ok(row.fetch_optional(timed(pool)).await?.map(|row| [row.before.0, row.after.0]))
}
