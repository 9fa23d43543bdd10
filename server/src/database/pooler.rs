//! Detects a pooler in transaction mode, as PgBouncer's, where each transaction may be carried out by another process of PostgreSQL.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use super::{connector::Connector, store};

/// How often both connections are asked in turn.
const ROUNDS: usize = 4;

/// PostgreSQL's code for a prepared statement whose name another client has used on the same connection.
const DUPLICATE_STATEMENT: &str = "42P05";

/// PostgreSQL's code for a prepared statement that was prepared on another connection.
const UNKNOWN_STATEMENT: &str = "26000";

/// How long the second connection may take. A pooler in session mode without a free connection would let it wait.
const SECOND_TIMEOUT: Duration = Duration::from_secs(3);

/// Refuses a connection that leads to a pooler in transaction mode, for this reason.
///
/// # Errors
/// It does, or PostgreSQL returns an error.
pub(super) async fn refuse(connector: &Connector, connection: &mut PgConnection, why: &str) -> anyhow::Result<()> {
    let source = connector.url().source();
    anyhow::ensure!(
        !shares_processes(connector, connection).await?,
        "{why}, but {source} leads to a pooler in transaction mode, where that is not safe. Set DATABASE_MIGRATE_URL to \
         a URL that leads directly to PostgreSQL, as the role that owns the tables"
    );
    Ok(())
}

/// Refuses a pooler in transaction mode that does not pass prepared statements on. Every query would then fail now and then.
///
/// # Errors
/// It is one, or PostgreSQL returns an error.
pub(super) async fn check_prepared_statements(connector: &Connector, connection: &mut PgConnection) -> anyhow::Result<()> {
    if !shares_processes(connector, connection).await? {
        return Ok(());
    }
    let mut second = connector.connect().await?;
    let mut prepared = Ok(());
    for _ in 0..ROUNDS {
        // Both use the same names for their statements, and get the same processes.
        for connection in [&mut *connection, &mut second] {
            prepared = prepared.and(store::use_prepared_statement(connection).await);
        }
    }
    if let Err(sqlx::Error::Database(error)) = &prepared
        && [DUPLICATE_STATEMENT, UNKNOWN_STATEMENT].map(Some).contains(&error.code().as_deref())
    {
        anyhow::bail!(
            "{} leads to a pooler in transaction mode that does not pass prepared statements on. Use PgBouncer 1.21 or newer with \
             max_prepared_statements = 100 (the default of 1.24 is 200), or session mode, or no pooler",
            connector.url().source()
        );
    }
    prepared?;
    Ok(second.close().await?)
}

/// Whether transactions of this connection are carried out by changing processes, or by one that serves another connection too. A single
/// connection can't tell: a pooler with one free process always gives it the same.
///
/// # Errors
/// PostgreSQL returns an error.
pub(crate) async fn shares_processes(connector: &Connector, connection: &mut PgConnection) -> sqlx::Result<bool> {
    let first = store::backend(connection).await?;
    let second = timeout(SECOND_TIMEOUT, async {
        let mut second = connector.connect().await.ok()?;
        let process = store::backend(&mut second).await.ok()?;
        Some((second, process))
    });
    // Without a second connection, only a change tells.
    let mut second = second.await.ok().flatten();
    let mut is_shared = second.as_ref().is_some_and(|(_, process)| *process == first);
    for _ in 0..ROUNDS {
        // Twice, since a pooler that takes turns between two processes could keep step otherwise.
        for _ in 0..2 {
            is_shared |= store::backend(connection).await? != first;
        }
        if let Some((second, process)) = &mut second {
            is_shared |= store::backend(second).await? != *process;
        }
    }
    if let Some((second, _)) = second {
        second.close().await?;
    }
    Ok(is_shared)
}
