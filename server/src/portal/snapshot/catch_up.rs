//! Compares the instances in memory with what PostgreSQL has now, so that none depends on a notification that arrived.

use std::{sync::atomic::Ordering, time::Instant};

use app::{database::StoreError, instances::store, runtimes};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Snapshots;

/// How many instances' versions one query reads.
const VERSIONS_PER_QUERY: usize = 10_000;

/// How many instances one query loads.
const INSTANCES_PER_QUERY: usize = 100;

impl Snapshots {
    /// Reloads the instances in memory that have a newer version, and removes those that no longer exist. Returns PostgreSQL's time at
    /// the start: whatever was committed well before that is served from now on.
    ///
    /// # Errors
    /// PostgreSQL, or the connection to it.
    pub(crate) async fn catch_up_over(&self, connection: &mut PgConnection) -> Result<OffsetDateTime, StoreError> {
        let began = Instant::now();
        let at = runtimes::store::now(&mut *connection).await?;
        // Loads in progress start over: what they have read may be from before.
        self.0.epoch.fetch_add(1, Ordering::SeqCst);
        let cached: Vec<(i64, i64)> = self.0.memory.versions().into_iter().collect();
        for chunk in cached.chunks(VERSIONS_PER_QUERY) {
            let ids: Vec<i64> = chunk.iter().map(|(id, _)| *id).collect();
            let now = store::versions(&mut *connection, &ids).await?;
            for (id, _) in chunk.iter().filter(|(id, _)| !now.contains_key(id)) {
                self.0.memory.remove(*id);
            }
            let newer = chunk.iter().filter(|(id, version)| now.get(id).is_some_and(|now| now > version));
            let newer: Vec<i64> = newer.map(|(id, _)| *id).collect();
            self.reload(connection, &newer).await?;
        }
        self.0.contact.heard_from(began);
        Ok(at)
    }

    /// The same over a connection from the pool.
    ///
    /// # Errors
    /// PostgreSQL, or the connection to it.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let mut connection = self.0.pool.acquire().await?;
        self.catch_up_over(&mut connection).await?;
        Ok(())
    }

    /// Overwrites these instances in memory with what the database has, whatever their versions: they were not read from this
    /// database.
    ///
    /// # Errors
    /// PostgreSQL, or the connection to it. Instances that were not read stay as they are.
    pub(crate) async fn overwrite(&self, ids: &[i64]) -> Result<(), StoreError> {
        for chunk in ids.chunks(INSTANCES_PER_QUERY) {
            let found = store::find_all(&self.0.pool, chunk).await?;
            for id in chunk {
                self.0.memory.remove(*id);
            }
            // A newer version may have been noted meanwhile. Then the instance is loaded at the next visit.
            found.into_iter().filter_map(|(_, read)| read.ok()).for_each(|stored| self.insert(stored));
        }
        Ok(())
    }

    /// Reloads instances that are in memory.
    ///
    /// # Errors
    /// PostgreSQL, or the connection to it.
    pub(crate) async fn reload(&self, connection: &mut PgConnection, ids: &[i64]) -> Result<(), StoreError> {
        for chunk in ids.chunks(INSTANCES_PER_QUERY) {
            let mut gone: Vec<i64> = chunk.to_vec();
            for (id, read) in store::find_all(&mut *connection, chunk).await? {
                match read {
                    Ok(stored) => {
                        gone.retain(|gone| *gone != id);
                        self.0.memory.put_verified(stored);
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
