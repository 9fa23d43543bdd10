//! What connecting, switching and migrating ask PostgreSQL.

use std::time::Duration;

use app::{database::timed_on, runtimes};
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use super::url::TargetSession;

/// PostgreSQL's code for a lock that was waited for in vain.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Whether a PostgreSQL is of the wanted kind.
///
/// # Errors
/// The query fails.
pub(super) async fn is_target<'e>(executor: impl PgExecutor<'e>, target: TargetSession) -> sqlx::Result<bool> {
    let query = match target {
        TargetSession::Any => return Ok(true),
        TargetSession::ReadWrite => "select current_setting('transaction_read_only') = 'off'",
        TargetSession::Primary => "select not pg_is_in_recovery()",
    };
    sqlx::query_scalar(query).fetch_one(executor).await
}

/// The process of PostgreSQL that carries out the statements of a connection, or just this one.
///
/// # Errors
/// The query fails.
pub(super) async fn backend(connection: &mut PgConnection) -> sqlx::Result<i32> {
    // Not prepared: that would need the same process twice.
    let row = sqlx::raw_sql("select pg_backend_pid()").fetch_one(connection).await?;
    let process: String = sqlx::Row::try_get_raw(&row, 0)?.as_str().map_err(sqlx::Error::Decode)?.to_owned();
    process.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// Uses a prepared statement in a transaction of its own, and prepares it first if that is the first time.
///
/// # Errors
/// The query fails.
pub(super) async fn use_prepared_statement(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("select 1").execute(timed_on(connection)).await?;
    Ok(())
}

/// Which database answers: the cluster with its timeline, the database and the table (migration 5).
///
/// # Errors
/// The query fails.
pub(super) async fn identity(connection: &mut PgConnection) -> sqlx::Result<String> {
    Ok(runtimes::store::database(timed_on(connection)).await?.identity)
}

/// Which database a connection leads to, told by what every role may ask, also where there is no table yet.
///
/// # Errors
/// The query fails.
pub(super) async fn place(connection: &mut PgConnection) -> sqlx::Result<(String, i64, OffsetDateTime)> {
    let place = "select datname::text, oid::bigint, pg_postmaster_start_time() from pg_database where datname = current_database()";
    sqlx::query_as(place).fetch_one(timed_on(connection)).await
}

/// Waits for the lock of migrations until the end of the transaction, up to that limit. A lock of the transaction can't stay behind on
/// a connection that a pooler gives to somebody else. Returns whether it has it.
///
/// # Errors
/// The query fails.
pub(super) async fn lock_migrations(transaction: &mut PgConnection, limit: Duration) -> sqlx::Result<bool> {
    sqlx::query("select set_config('lock_timeout', $1, true)").bind(limit.as_millis().to_string()).execute(&mut *transaction).await?;
    let locked = sqlx::query("select pg_advisory_xact_lock(hashtext('portal-redirects migrations'))").execute(&mut *transaction).await;
    match locked {
        Ok(_) => {}
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(LOCK_NOT_AVAILABLE) => return Ok(false),
        Err(error) => return Err(error),
    }
    // A migration may wait as long as it must.
    sqlx::raw_sql("set local lock_timeout = 0").execute(transaction).await?;
    Ok(true)
}

/// Takes the lock of migrations until the end of the transaction, if nobody has it. Returns whether it was free.
///
/// # Errors
/// The query fails.
pub(super) async fn try_lock_migrations(transaction: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtext('portal-redirects migrations'))").fetch_one(transaction).await
}

/// The processes of PostgreSQL that have the lock of migrations.
///
/// # Errors
/// The query fails.
pub(super) async fn lock_holders(connection: &mut PgConnection) -> sqlx::Result<Vec<i32>> {
    let holders = "select pid from pg_locks where locktype = 'advisory' and granted and objsubid = 1
        and database = (select oid from pg_database where datname = current_database())
        and ((classid::bigint << 32) | objid::bigint) = hashtext('portal-redirects migrations')::bigint";
    sqlx::query_scalar(holders).fetch_all(connection).await
}
