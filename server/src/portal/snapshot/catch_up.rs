//! Compares the instances in memory with what PostgreSQL has now, so that none depends on a notification that arrived.

use std::{
    io,
    sync::{PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use app::{
    database::{StoreError, begin_on, timed_on},
    instances::store,
    runtimes::{self, store::Database},
};
use sqlx::{PgConnection, PgTransaction};
use tokio::time::timeout;
use uuid::Uuid;

use super::Snapshots;

/// The last saves of how many instances one query reads.
const SAVES_PER_QUERY: usize = 10_000;

/// How many instances one query loads.
const INSTANCES_PER_QUERY: usize = 100;

/// How long a query may take over a connection from the pool.
const STEP_TIMEOUT: Duration = Duration::from_secs(15);

impl Snapshots {
    /// Reloads the instances in memory whose last save is another one, and removes those that no longer exist. If another database
    /// answers than the last time, after a restore or a failover, it reloads them all. Returns the database and its time at the start:
    /// whatever was committed there well before is served from now on; and the instances that it has reloaded.
    ///
    /// `step_timeout` is how long each query may take. All of them may take long: after a failover, a million instances are read again.
    ///
    /// # Errors
    /// PostgreSQL, or the connection to it.
    pub(crate) async fn catch_up_over(
        &self,
        connection: &mut PgConnection,
        step_timeout: Duration,
    ) -> Result<(Database, Vec<i64>), StoreError> {
        let began = Instant::now();
        let database = in_time(step_timeout, runtimes::store::database(timed_on(connection))).await?;
        let is_from_another = self.is_from_another(&database);
        if is_from_another {
            tracing::warn!("another database answers, after a restore or a failover: all instances in memory are read again");
        }
        // Loads in progress start over: what they have read may be from before.
        self.0.epoch.fetch_add(1, Ordering::SeqCst);
        let cached: Vec<(i64, Uuid)> = self.in_memory().iter().map(|compact| (compact.save.instance, compact.save.save_id)).collect();
        let mut reloaded = Vec::new();
        for chunk in cached.chunks(SAVES_PER_QUERY) {
            let ids: Vec<i64> = chunk.iter().map(|(id, _)| *id).collect();
            let now = in_time(step_timeout, store::save_ids(timed_on(connection), &ids)).await?;
            // Any other save, not only a higher version: a restore brings lower ones back.
            let is_stale = |(id, save_id): &&(i64, Uuid)| is_from_another || now.get(id) != Some(save_id);
            let stale: Vec<i64> = chunk.iter().filter(is_stale).map(|(id, _)| *id).collect();
            self.reload_each(connection, &stale, step_timeout).await?;
            reloaded.extend(stale);
        }
        *self.0.database.lock().unwrap_or_else(PoisonError::into_inner) = Some(database.identity.clone());
        self.0.contact.heard_from(began);
        Ok((database, reloaded))
    }

    /// The same over a connection from the pool.
    ///
    /// # Errors
    /// PostgreSQL, or the connection to it.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let mut connection = self.0.pool.acquire().await?;
        self.catch_up_over(&mut connection, STEP_TIMEOUT).await?;
        Ok(())
    }

    /// Overwrites these instances in memory with what the database has: they were not read from this database.
    ///
    /// # Errors
    /// PostgreSQL, or the connection to it. Instances that were not read stay as they are.
    pub(crate) async fn overwrite(&self, ids: &[i64]) -> Result<(), StoreError> {
        let mut connection = self.0.pool.acquire().await?;
        self.reload_each(&mut connection, ids, STEP_TIMEOUT).await
    }

    /// Reloads instances that are in memory, and removes those that no longer exist.
    ///
    /// # Errors
    /// PostgreSQL, or the connection to it.
    async fn reload_each(&self, connection: &mut PgConnection, ids: &[i64], step_timeout: Duration) -> Result<(), StoreError> {
        // Each chunk has its own transaction: a restore waits for the tables until that ends.
        for chunk in ids.chunks(INSTANCES_PER_QUERY) {
            in_time(step_timeout, async {
                let mut transaction = begin_on(connection).await?;
                self.reload_in(&mut transaction, chunk).await?;
                Ok::<_, StoreError>(transaction.commit().await?)
            })
            .await?;
        }
        Ok(())
    }

    /// The same within a transaction.
    ///
    /// # Errors
    /// PostgreSQL, or the connection to it.
    pub(crate) async fn reload_in(&self, transaction: &mut PgTransaction<'_>, ids: &[i64]) -> Result<(), StoreError> {
        for chunk in ids.chunks(INSTANCES_PER_QUERY) {
            let began = self.0.memory.now();
            let mut gone: Vec<i64> = chunk.to_vec();
            for (id, read) in store::find_all(&mut **transaction, chunk).await? {
                match read {
                    Ok(stored) => {
                        gone.retain(|gone| *gone != id);
                        self.0.memory.put_verified(stored, began);
                    }
                    // It is removed as well, so that nobody gets an older version instead.
                    Err(error) => tracing::warn!(%error, "a stored instance could not be read"),
                }
            }
            for id in gone {
                self.0.memory.remove(id);
            }
        }
        Ok(())
    }
}

/// Bounds a step, since a dead connection would never answer.
async fn in_time<T, E: Into<StoreError>>(limit: Duration, step: impl Future<Output = Result<T, E>>) -> Result<T, StoreError> {
    timeout(limit, step).await.map_err(|_| sqlx::Error::from(io::Error::from(io::ErrorKind::TimedOut)))?.map_err(Into::into)
}
