//! How often visits were decided by what, and when versions were saved.

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::{
    database::timed,
    insight::{
        activity::{chart::SavedVersion, counts::VisitCount},
        range::Range,
    },
};

/// How many saved versions a chart knows, the latest.
const MAX_VERSIONS: i64 = 200;

/// A number of visits. The database has no negative one.
pub(super) fn visits(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or_default()
}

/// The visits of an instance in a range, by time, flow and source.
///
/// # Errors
/// The query fails.
pub async fn read_counts(pool: &PgPool, instance: i64, range: Range, since: OffsetDateTime) -> sqlx::Result<Vec<VisitCount>> {
    let rows = sqlx::query!(
        r#"select date_trunc($3, starts_at, 'UTC') as "at!", flow, source, sum(visits)::bigint as "visits!",
            (coalesce(sum(visits) filter (where refused <> '{}'), 0))::bigint as "refused!"
        from visits where instance_id = $1 and starts_at >= $2
        group by 1, 2, 3"#,
        instance,
        since,
        range.unit()
    )
    .fetch_all(timed(pool))
    .await?;
    let counts = rows.into_iter().filter_map(|row| {
        let (flow, source) = (row.flow.parse().ok()?, row.source.parse().ok()?);
        Some(VisitCount { at: row.at, flow, source, visits: visits(row.visits), refused: visits(row.refused) })
    });
    Ok(counts.collect())
}

/// Whether any visit of an instance is counted, in whatever time.
///
/// # Errors
/// The query fails.
pub async fn has_any(pool: &PgPool, instance: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from visits where instance_id = $1) as "exists!""#, instance).fetch_one(timed(pool)).await
}

/// The versions that were saved since then, the latest first.
///
/// # Errors
/// The query fails.
pub async fn saved_versions(pool: &PgPool, instance: i64, since: OffsetDateTime) -> sqlx::Result<Vec<SavedVersion>> {
    let rows = sqlx::query!(
        r#"select version as "version!", at from changes
        where instance_id = $1 and version is not null and at >= $2 order by id desc limit $3"#,
        instance,
        since,
        MAX_VERSIONS
    )
    .fetch_all(timed(pool))
    .await?;
    Ok(rows.into_iter().map(|row| (row.version, row.at)).collect())
}
