//! Lets one server migrate at a time. Others wait, say so, and give up after a minute instead of hanging.

use sqlx::PgConnection;

use super::store;

/// Waits for the lock until the end of the transaction.
///
/// # Errors
/// Another server has it for more than a minute, or PostgreSQL returns an error.
pub(super) async fn take(transaction: &mut PgConnection) -> anyhow::Result<()> {
    if store::try_lock_migrations(transaction).await? {
        return Ok(());
    }
    // After the lock was waited for in vain, the transaction can ask nothing more.
    let holders: Vec<String> = store::lock_holders(transaction).await?.iter().map(i32::to_string).collect();
    let holders = holders.join(", ");
    tracing::info!("another server migrates the database (PostgreSQL's process {holders}); waiting for it for up to a minute");
    anyhow::ensure!(
        store::lock_migrations(transaction).await?,
        "another server has been migrating the database for more than a minute (PostgreSQL's process {holders}). Wait until it is done. If \
         none is running, end that process with select pg_terminate_backend({holders}), and try again"
    );
    Ok(())
}
