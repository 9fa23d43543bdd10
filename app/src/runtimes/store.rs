//! Runtimes in PostgreSQL: their heartbeats, the versions that they report, and which of them are live.

use sqlx::PgExecutor;
use time::OffsetDateTime;

use super::{
    Runtime,
    live::{LiveStatus, RuntimeStatus},
};

/// How long a runtime counts as active after its last heartbeat, in seconds.
const ACTIVE_SECONDS: f64 = 90.0;

/// How much later than a save a runtime must have started or caught up to be sure to have read it, in seconds: a transaction that
/// began before the save may commit after it.
const COMMIT_MARGIN_SECONDS: f64 = 5.0;

/// How long a stored version counts as new, in seconds.
const NEW_SECONDS: f64 = 3.0;

/// The time on PostgreSQL's clock.
///
/// # Errors
/// The query fails.
pub async fn now<'e>(executor: impl PgExecutor<'e>) -> sqlx::Result<OffsetDateTime> {
    sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(executor).await
}

/// Records that a runtime is running, and that it serves everything that was committed well before `caught_up_at`.
///
/// # Errors
/// The query fails.
pub async fn record_heartbeat<'e>(executor: impl PgExecutor<'e>, runtime: &Runtime, caught_up_at: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into runtimes (id, role, caught_up_at) values ($1, $2, $3)
        on conflict (id) do update set seen_at = clock_timestamp(), caught_up_at = excluded.caught_up_at",
        runtime.id,
        runtime.role.name(),
        caught_up_at
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Deletes the runtimes that have sent no heartbeat for an hour: they ended without a report.
///
/// # Errors
/// The query fails.
pub async fn delete_stale<'e>(executor: impl PgExecutor<'e>) -> sqlx::Result<()> {
    sqlx::query!("delete from runtimes where seen_at < clock_timestamp() - interval '1 hour'").execute(executor).await?;
    Ok(())
}

/// A version that a runtime reported, and the time since it was saved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Acknowledged {
    /// The instance's key.
    pub instance: i64,
    /// The seconds from the save to the report, on PostgreSQL's clock; `None` if a newer version is stored by now.
    pub after: Option<f64>,
}

/// Reports that a runtime serves at least these versions of these instances. Instances that the database does not have are left out.
///
/// # Errors
/// The query fails.
pub async fn acknowledge<'e>(
    executor: impl PgExecutor<'e>,
    runtime: &Runtime,
    instances: &[i64],
    versions: &[i64],
) -> sqlx::Result<Vec<Acknowledged>> {
    // Sorted by key, so that two reports never wait for each other.
    sqlx::query_as!(
        Acknowledged,
        r#"
        with reported as (
            insert into runtime_versions as there (runtime_id, instance_id, version)
            select r.id, i.id, least(heard.version, i.version)
            from unnest($2::bigint[], $3::bigint[]) as heard (instance, version)
            join instances i on i.id = heard.instance
            join runtimes r on r.id = $1
            order by i.id
            on conflict (runtime_id, instance_id) do update set version = greatest(there.version, excluded.version)
            returning there.instance_id, there.version
        )
        select reported.instance_id as "instance!", extract(epoch from clock_timestamp() - i.updated_at)::float8 as after
        from reported left join instances i on i.id = reported.instance_id and i.version = reported.version
        "#,
        runtime.id,
        instances,
        versions
    )
    .fetch_all(executor)
    .await
}

/// Deletes a runtime that has ended.
///
/// # Errors
/// The query fails.
pub async fn delete<'e>(executor: impl PgExecutor<'e>, runtime: &Runtime) -> sqlx::Result<()> {
    sqlx::query!("delete from runtimes where id = $1", runtime.id).execute(executor).await?;
    Ok(())
}

/// Which active runtimes serve the stored version of an instance; `None` if there is no such instance.
///
/// A runtime that has not reported the version serves it too if it caught up or started well after the save: it loads what it is
/// asked for. So does every runtime where nothing older than the stored version has ever been.
///
/// # Errors
/// The query fails.
pub async fn live_status<'e>(executor: impl PgExecutor<'e>, instance: i64) -> sqlx::Result<Option<LiveStatus>> {
    let rows = sqlx::query!(
        r#"select i.version as "stored!", r.id as "id?", r.role as "role?", v.version as "version?",
            i.updated_at > clock_timestamp() - make_interval(secs => $4) as "is_new!",
            i.version = 1
                or coalesce(v.version >= i.version, false)
                or coalesce(r.caught_up_at > i.updated_at + make_interval(secs => $2), false)
                or coalesce(r.started_at > i.updated_at + make_interval(secs => $2), false) as "is_live!",
            greatest(0, coalesce(extract(epoch from clock_timestamp() - r.seen_at), 0))::bigint as "heard!"
        from instances i
        left join runtimes r on r.seen_at > clock_timestamp() - make_interval(secs => $3)
        left join runtime_versions v on v.runtime_id = r.id and v.instance_id = i.id
        where i.id = $1
        order by r.started_at, r.id"#,
        instance,
        COMMIT_MARGIN_SECONDS,
        ACTIVE_SECONDS,
        NEW_SECONDS
    )
    .fetch_all(executor)
    .await?;
    let Some((version, is_new)) = rows.first().map(|row| (row.stored, row.is_new)) else { return Ok(None) };
    let runtimes = rows.into_iter().filter_map(|row| {
        Some(RuntimeStatus { id: row.id?, role: row.role?, version: row.version, is_live: row.is_live, seconds_since_heartbeat: row.heard })
    });
    Ok(Some(LiveStatus { version, is_new, runtimes: runtimes.collect() }))
}
