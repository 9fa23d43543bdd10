//! Lets one server migrate at a time. Others wait, say so, and give up after a minute instead of hanging.

use std::time::Duration;

use sqlx::PgConnection;

use super::store;

/// How long another server may migrate before this one gives up.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_mins(1);

/// Waits for the lock until the end of the transaction.
///
/// # Errors
/// Another server has it for more than a minute, or PostgreSQL returns an error.
pub(super) async fn take(transaction: &mut PgConnection, limit: Duration) -> anyhow::Result<()> {
    if store::try_lock_migrations(transaction).await? {
        return Ok(());
    }
    // After the lock was waited for in vain, the transaction can ask nothing more.
    let holders: Vec<String> = store::lock_holders(transaction).await?.iter().map(i32::to_string).collect();
    let holders = holders.join(", ");
    tracing::info!("another server migrates the database (PostgreSQL's process {holders}); waiting for it for up to {} s", limit.as_secs());
    anyhow::ensure!(
        store::lock_migrations(transaction, limit).await?,
        "another server is still migrating the database after a wait of {} s (PostgreSQL's process {holders}). Wait until it is done. If \
         none is running, end that process with select pg_terminate_backend({holders}), and try again",
        limit.as_secs()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;

    #[sqlx::test]
    async fn a_lock_that_somebody_else_has_is_not_waited_for_without_limit(pool: PgPool) {
        let mut holder = pool.begin().await.unwrap();
        take(&mut holder, LOCK_TIMEOUT).await.unwrap();
        let process: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *holder).await.unwrap();
        let mut waiting = pool.begin().await.unwrap();
        let error = take(&mut waiting, Duration::from_millis(50)).await.unwrap_err().to_string();
        assert!(error.contains(&format!("still migrating the database after a wait of 0 s (PostgreSQL's process {process})")), "{error}");
        waiting.rollback().await.unwrap();
        holder.rollback().await.unwrap();

        let mut next = pool.begin().await.unwrap();
        take(&mut next, LOCK_TIMEOUT).await.unwrap();
        let limit: String = sqlx::query_scalar("select current_setting('lock_timeout')").fetch_one(&mut *next).await.unwrap();
        assert_eq!(limit, "0", "a migration may wait as long as it must");
    }
}
