//! What is in memory compared with what PostgreSQL has now. It needs no notification to have arrived.

use std::{sync::atomic::Ordering, time::Instant};

use app::{database::StoreError, instances::store, runtimes};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Snapshots;

/// Of how many instances the versions are asked for in one query.
const ASKED_AT_ONCE: usize = 10_000;

/// How many instances are loaded in one query.
const LOADED_AT_ONCE: usize = 100;

impl Snapshots {
    /// Loads whatever is in memory and has a newer version by now, and forgets what is gone. Answers PostgreSQL's time at the
    /// beginning: what was committed well before is served from now on.
    ///
    /// # Errors
    /// PostgreSQL, or the way to it.
    pub(crate) async fn catch_up_over(&self, connection: &mut PgConnection) -> Result<OffsetDateTime, StoreError> {
        let began = Instant::now();
        let at = runtimes::store::now(&mut *connection).await?;
        // Loads that are under way begin again; what they have read so far may be from before.
        self.0.epoch.fetch_add(1, Ordering::SeqCst);
        let here: Vec<(i64, i64)> = self.0.memory.versions().into_iter().collect();
        for asked in here.chunks(ASKED_AT_ONCE) {
            let ids: Vec<i64> = asked.iter().map(|(id, _)| *id).collect();
            let now = store::versions(&mut *connection, &ids).await?;
            for (id, _) in asked.iter().filter(|(id, _)| !now.contains_key(id)) {
                self.0.memory.forget(*id);
            }
            let newer = asked.iter().filter(|(id, version)| now.get(id).is_some_and(|now| now > version));
            let newer: Vec<i64> = newer.map(|(id, _)| *id).collect();
            self.reload(connection, &newer).await?;
        }
        self.0.contact.heard(began);
        Ok(at)
    }

    /// As `catch_up_over`, over a connection of its own.
    ///
    /// # Errors
    /// PostgreSQL, or the way to it.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let mut connection = self.0.pool.acquire().await?;
        self.catch_up_over(&mut connection).await?;
        Ok(())
    }

    /// Puts what the database has of these instances in the place of what is in memory, whatever versions that has: it was not read
    /// from this database.
    ///
    /// # Errors
    /// PostgreSQL, or the way to it. What has not been read stays as it is.
    pub(crate) async fn believe(&self, ids: &[i64]) -> Result<(), StoreError> {
        for asked in ids.chunks(LOADED_AT_ONCE) {
            let found = store::find_all(&self.0.pool, asked).await?;
            for id in asked {
                self.0.memory.forget(*id);
            }
            // What was saved since it was read is heard of, and loaded when somebody asks.
            found.into_iter().filter_map(|(_, read)| read.ok()).for_each(|stored| self.take(stored));
        }
        Ok(())
    }

    /// Loads instances that are in memory anew.
    ///
    /// # Errors
    /// PostgreSQL, or the way to it.
    pub(crate) async fn reload(&self, connection: &mut PgConnection, ids: &[i64]) -> Result<(), StoreError> {
        for asked in ids.chunks(LOADED_AT_ONCE) {
            let mut gone: Vec<i64> = asked.to_vec();
            for (id, read) in store::find_all(&mut *connection, asked).await? {
                match read {
                    Ok(stored) => {
                        gone.retain(|gone| *gone != id);
                        self.0.memory.believe(stored);
                    }
                    // Nobody gets an older one instead.
                    Err(error) => tracing::warn!(%error, "an instance could not be read"),
                }
            }
            for id in gone {
                self.0.memory.forget(id);
            }
        }
        Ok(())
    }
}
