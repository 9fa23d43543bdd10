//! The queries about quotas.

use sqlx::PgConnection;

/// The name of the row that counts all networks of an instance.
pub(super) const ALL_NETWORKS: &str = "*";

/// Counts one more, and returns how many there are today.
pub(super) async fn increment(connection: &mut PgConnection, instance: i64, kind: &str, network: &str) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "insert into visitor_quotas as q (instance_id, kind, network, day, used) values ($1, $2, $3, (now() at time zone 'UTC')::date, 1)
        on conflict (instance_id, kind, network)
            do update set used = case when q.day = excluded.day then q.used + 1 else 1 end, day = excluded.day
        returning used",
        instance,
        kind,
        network
    )
    .fetch_one(connection)
    .await
}

/// After how many seconds the next day begins.
pub(super) async fn seconds_left(connection: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select ceil(extract(epoch from date_trunc('day', now(), 'UTC') + interval '1 day' - now()))::bigint as "seconds!""#
    )
    .fetch_one(connection)
    .await
}

/// Deletes some counts of earlier days, without waiting for another request that deletes the same ones.
pub(super) async fn delete_old(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from visitor_quotas where (instance_id, kind, network) in (
            select instance_id, kind, network from visitor_quotas where day < (now() at time zone 'UTC')::date
            order by day limit 100 for update skip locked
        )"
    )
    .execute(connection)
    .await?;
    Ok(())
}
