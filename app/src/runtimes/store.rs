//! What runtimes report: that they are there, and the versions that they have heard of.

use sqlx::PgExecutor;
use time::OffsetDateTime;

use super::Runtime;

/// The time on PostgreSQL's clock.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn now<'e>(executor: impl PgExecutor<'e>) -> sqlx::Result<OffsetDateTime> {
    sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(executor).await
}

/// Says that a runtime is there, and that it serves everything that was committed well before `caught_up_at`.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn beat<'e>(executor: impl PgExecutor<'e>, runtime: &Runtime, caught_up_at: OffsetDateTime) -> sqlx::Result<()> {
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

/// Forgets runtimes that have not been seen for an hour: they ended without saying so.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn forget_gone<'e>(executor: impl PgExecutor<'e>) -> sqlx::Result<()> {
    sqlx::query!("delete from runtimes where seen_at < clock_timestamp() - interval '1 hour'").execute(executor).await?;
    Ok(())
}

/// A version that a runtime has reported, and how long before that it was saved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Acknowledged {
    /// The instance.
    pub instance: i64,
    /// In seconds, on PostgreSQL's clock; `None` where there is a newer version by now.
    pub after: Option<f64>,
}

/// Reports that a runtime serves nothing older of these instances than these versions, as far as both are known to the database.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn acknowledge<'e>(
    executor: impl PgExecutor<'e>,
    runtime: &Runtime,
    instances: &[i64],
    versions: &[i64],
) -> sqlx::Result<Vec<Acknowledged>> {
    // In the order of the key, so that two never wait for each other.
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

/// Says that a runtime has ended.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn leave<'e>(executor: impl PgExecutor<'e>, runtime: &Runtime) -> sqlx::Result<()> {
    sqlx::query!("delete from runtimes where id = $1", runtime.id).execute(executor).await?;
    Ok(())
}
