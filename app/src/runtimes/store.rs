//! Runtimes in PostgreSQL: their heartbeats, the versions that they report, and which of them are live.

use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Runtime, ServedSave,
    live::{LiveStatus, RuntimeStatus},
};

/// How long a runtime counts as active after its last heartbeat, in seconds.
const ACTIVE_SECONDS: f64 = 90.0;

/// How much later than a save a runtime must have started or caught up to be sure to have read it, in seconds: a transaction that
/// began before the save may commit after it.
const COMMIT_MARGIN_SECONDS: f64 = 5.0;

/// How long a stored version counts as new, in seconds.
const NEW_SECONDS: f64 = 3.0;

/// Which database answered, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// The time on its clock.
    pub now: OffsetDateTime,
    /// The cluster with its timeline, the database and the table (migration 5). Another one may have lost saves.
    pub identity: String,
}

/// Which database answers, and its time.
///
/// # Errors
/// The query fails.
pub async fn database<'e>(executor: impl PgExecutor<'e>) -> sqlx::Result<Database> {
    sqlx::query_as!(Database, r#"select clock_timestamp() as "now!", database_identity() as "identity!""#).fetch_one(executor).await
}

/// Records that a runtime is running, and that it serves everything that was committed to that database well before it was read.
///
/// # Errors
/// The query fails.
pub async fn record_heartbeat<'e>(executor: impl PgExecutor<'e>, runtime: &Runtime, caught_up: &Database) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into runtimes (id, role, caught_up_at, database_identity) values ($1, $2, $3, $4)
        on conflict (id) do update set seen_at = clock_timestamp(), caught_up_at = excluded.caught_up_at,
            database_identity = excluded.database_identity",
        runtime.id,
        runtime.role.name(),
        caught_up.now,
        caught_up.identity
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

/// A save that a runtime reported, and how long ago it was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Acknowledged {
    /// The instance's key.
    pub instance: i64,
    /// The seconds from the save to the report, on PostgreSQL's clock.
    pub after: f64,
}

/// Reports that a runtime serves these saves. Saves that newer ones have replaced are left out: the runtime reports the last one
/// when it serves it. So are saves that this database does not have.
///
/// # Errors
/// The query fails.
pub async fn acknowledge<'e>(executor: impl PgExecutor<'e>, runtime: &Runtime, served: &[ServedSave]) -> sqlx::Result<Vec<Acknowledged>> {
    let instances: Vec<i64> = served.iter().map(|served| served.instance).collect();
    let saves: Vec<Uuid> = served.iter().map(|served| served.save_id).collect();
    // Sorted by key, so that two reports never wait for each other.
    sqlx::query_as!(
        Acknowledged,
        r#"
        with reported as (
            insert into runtime_versions (runtime_id, instance_id, version, save_id)
            select r.id, i.id, i.version, i.save_id
            from unnest($2::bigint[], $3::uuid[]) as heard (instance, save_id)
            join instances i on i.id = heard.instance and i.save_id = heard.save_id
            join runtimes r on r.id = $1
            order by i.id
            on conflict (runtime_id, instance_id) do update set version = excluded.version, save_id = excluded.save_id
            returning instance_id
        )
        select i.id as "instance!", extract(epoch from clock_timestamp() - i.updated_at)::float8 as "after!"
        from reported join instances i on i.id = reported.instance_id
        "#,
        runtime.id,
        &instances,
        &saves
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
/// A runtime serves it if it has reported that save, or if it caught up or started well after the save: it loads what it is asked for.
/// So does every runtime of an instance's first version, unless it has reported another save. Heartbeats count only in the database
/// that the runtime had read: after a restore or a failover, each runtime is missing until it has caught up there. Runtimes of the
/// previous server version name neither a save nor a database, so their reports count by the version's number.
///
/// # Errors
/// The query fails.
pub async fn live_status<'e>(executor: impl PgExecutor<'e>, instance: i64) -> sqlx::Result<Option<LiveStatus>> {
    let rows = sqlx::query!(
        r#"select i.version as "stored!", r.id as "id?", r.role as "role?", v.version as "version?",
            i.updated_at > clock_timestamp() - make_interval(secs => $4) as "is_new!",
            v.runtime_id is null and i.version = 1
                or coalesce(v.save_id = i.save_id, v.version = i.version, false)
                or coalesce(r.caught_up_at > i.updated_at + make_interval(secs => $2), false)
                or coalesce(r.started_at > i.updated_at + make_interval(secs => $2), false) as "is_live!",
            greatest(0, coalesce(extract(epoch from clock_timestamp() - r.seen_at), 0))::bigint as "heard!"
        from instances i
        left join runtimes r on r.seen_at > clock_timestamp() - make_interval(secs => $3)
            and coalesce(r.database_identity = (select database_identity()), true)
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
