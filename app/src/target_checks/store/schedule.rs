//! When the targets of which instance are checked.

use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;

use crate::{
    database::{StoreError, begin, begin_in_background, lock_row, timed},
    history::Actor,
    members::role::Role,
};

use super::Target;

/// How long an instance is left alone after a check, in seconds: however often somebody asks or saves, its targets are not flooded.
const PAUSE_SECONDS: f64 = 5.0;

/// An instance whose targets are to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The instance's key.
    pub instance: i64,
    /// The time on PostgreSQL's clock. What is asked for later is another check.
    pub at: OffsetDateTime,
}

/// The instances whose targets are to be checked now, at most `limit` and none of `running`: first those that somebody waits for, then
/// those that have waited longest.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn due<'e>(executor: impl PgExecutor<'e>, running: &[i64], limit: i64) -> sqlx::Result<Vec<Due>> {
    sqlx::query_as!(
        Due,
        r#"select instance_id as "instance!", clock_timestamp() as "at!" from (
            (select instance_id, asked_at as at, false as is_later from target_check_schedule
                where asked_at is not null and instance_id <> all($1)
                    and coalesce(checked_at < clock_timestamp() - make_interval(secs => $3), true) order by asked_at limit $2)
            union all
            (select instance_id, due_at, true from target_check_schedule
                where due_at <= clock_timestamp() and asked_at is null and instance_id <> all($1) order by due_at limit $2)
        ) as next order by is_later, at limit $2"#,
        running,
        limit,
        PAUSE_SECONDS
    )
    .fetch_all(executor)
    .await
}

/// Ends a check: forgets targets that the instance does not have any more, and makes it due again within an hour, at its own time of
/// the hour. So all instances are spread over it.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn finish(pool: &PgPool, due: Due, checked: &[Target]) -> sqlx::Result<()> {
    let checked: Vec<String> = checked.iter().map(|target| target.name().to_owned()).collect();
    let mut transaction = begin_in_background(pool).await?;
    sqlx::query!("delete from target_checks where instance_id = $1 and target <> all($2)", due.instance, &checked)
        .execute(&mut *transaction)
        .await?;
    // The mark within the hour that comes next, but not at once.
    sqlx::query!(
        "update target_check_schedule set checked_at = clock_timestamp(), asked_at = case when asked_at > $2 then asked_at end,
            due_at = date_trunc('hour', clock_timestamp() - mark + interval '90 minutes') + mark
        from (select make_interval(secs => (hashint8($1)::bigint + 2147483648) % 3600) as mark) as own
        where instance_id = $1",
        due.instance,
        due.at
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// Asks for a check of an instance's targets, for one of its editors. Returns the instance's key.
///
/// # Errors
/// Not found, archived, the actor's role does not allow it, or PostgreSQL.
pub async fn ask(pool: &PgPool, actor: &Actor, slug: &str) -> Result<i64, StoreError> {
    let mut transaction = begin(pool).await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Editor).await?;
    sqlx::query!(
        "insert into target_check_schedule (instance_id, due_at, asked_at) values ($1, clock_timestamp(), clock_timestamp())
        on conflict (instance_id) do update set asked_at = excluded.asked_at",
        instance
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(instance)
}

/// Whether somebody waits for a check of that instance.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn is_waiting(pool: &PgPool, instance: i64) -> sqlx::Result<bool> {
    let waiting = sqlx::query_scalar!(
        r#"select exists (select from target_check_schedule where instance_id = $1 and asked_at is not null) as "is_waiting!""#,
        instance
    );
    waiting.fetch_one(timed(pool)).await
}
