//! Makes days of old hours, and deletes what is older than it is kept.

use sqlx::PgPool;

use super::batch::lock;
use crate::database::begin_in_background;

/// How many rows one transaction handles, so that counting never waits for long.
const ROWS: i64 = 5_000;

/// Makes days of some hours that are more than a week old, and deletes some counts that are older than `keep_days`. Returns whether
/// there may be more.
///
/// # Errors
/// A query fails.
pub async fn compact(pool: &PgPool, keep_days: u32) -> sqlx::Result<bool> {
    // First what needs no other: if making days failed, the table would only grow.
    let deleted = delete(pool, keep_days).await?;
    let moved = move_hours(pool).await?;
    Ok(moved > 0 || deleted > 0)
}

/// Makes days of some hours. Returns how many days have got some.
async fn move_hours(pool: &PgPool) -> sqlx::Result<u64> {
    let mut transaction = begin_in_background(pool).await?;
    lock(&mut transaction).await?;
    let moved = sqlx::query!(
        "with old as (
            delete from visits where ctid = any (array(
                select ctid from visits where unit = 'hour' and starts_at < date_trunc('day', now(), 'UTC') - interval '7 days' limit $1
            ))
            returning *
        )
        insert into visits (instance_id, unit, starts_at, shape_hash, flow, source, refused, link, visits, first_seen, last_seen)
        select instance_id, 'day', date_trunc('day', starts_at, 'UTC'), shape_hash, flow, source, refused, link,
            sum(visits), min(first_seen), max(last_seen)
        from old group by 1, 3, 4, 5, 6, 7, 8
        on conflict (instance_id, starts_at, unit, shape_hash) do update set visits = visits.visits + excluded.visits,
            first_seen = least(visits.first_seen, excluded.first_seen), last_seen = greatest(visits.last_seen, excluded.last_seen)",
        ROWS
    )
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    transaction.commit().await?;
    Ok(moved)
}

/// Deletes some counts. Returns how many.
async fn delete(pool: &PgPool, keep_days: u32) -> sqlx::Result<u64> {
    let mut transaction = begin_in_background(pool).await?;
    lock(&mut transaction).await?;
    let deleted = sqlx::query!(
        "delete from visits where ctid = any (array(
            select ctid from visits where starts_at < date_trunc('day', now(), 'UTC') - make_interval(days => $2) limit $1
        ))",
        ROWS,
        i32::try_from(keep_days).unwrap_or(i32::MAX)
    )
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    // No process sends a batch again after so long.
    sqlx::query!("delete from visit_batches where stored_at < now() - interval '90 days'").execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(deleted)
}
