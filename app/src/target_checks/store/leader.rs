//! Which runtime checks, and the key that all runtimes of this database share.

use sqlx::{Connection, PgConnection, PgExecutor, PgPool, postgres::PgConnectOptions};

use super::{Due, due};

/// The one runtime that checks. It is that for as long as its connection has the lock.
#[derive(Debug)]
pub struct Leader {
    connection: PgConnection,
}

impl Leader {
    /// Becomes the runtime that checks; `None` if another one is.
    ///
    /// # Errors
    /// PostgreSQL, or the way to it.
    pub async fn stand(pool: &PgPool) -> sqlx::Result<Option<Self>> {
        let mut connection = PgConnection::connect_with(&PgConnectOptions::clone(&pool.connect_options())).await?;
        let is_elected = sqlx::query_scalar!(
            r#"select pg_try_advisory_lock(hashtext('portal-redirects target checks'), hashtext(current_schema())) as "is_elected!""#
        )
        .fetch_one(&mut connection)
        .await?;
        if is_elected {
            return Ok(Some(Self { connection }));
        }
        connection.close().await?;
        Ok(None)
    }

    /// The instances whose targets are to be checked now, at most `limit` and none of `running`. It is asked over the connection that
    /// has the lock: if that is lost, another runtime checks.
    ///
    /// # Errors
    /// PostgreSQL, or the way to it.
    pub async fn due(&mut self, running: &[i64], limit: i64) -> sqlx::Result<Vec<Due>> {
        due(&mut self.connection, running, limit).await
    }
}

/// The key that all runtimes of this database share.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn deployment_key<'e>(executor: impl PgExecutor<'e>) -> sqlx::Result<Vec<u8>> {
    sqlx::query_scalar!("select key from deployment_key").fetch_one(executor).await
}
