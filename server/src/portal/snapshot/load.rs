//! Loads an instance into memory: with one query, over a few connections that are used for nothing else.

use std::time::Duration;

use app::{
    database::{StoreError, log_failure, timed_on},
    instances::{store, stored::StoredInstance},
};
use sqlx::{PgConnection, PgPool, postgres::PgPoolOptions};

use crate::{database::Database, observe::sampled::Sampled};

use super::{
    Snapshots,
    memory::is_at,
    single_flight::{Lookup, LookupKey, Unreadable},
};

/// How long a load waits for a connection, and then for the query. A little longer than the query waits for a lock: after that error the
/// connection can be used again.
pub(super) const LOAD_TIMEOUT: Duration = Duration::from_secs(3);

/// How many connections load instances.
pub(crate) const MAX_CONNECTIONS: u32 = 4;

/// How often an instance is loaded again that turns out to be out of date.
const MAX_ATTEMPTS: usize = 4;

/// Loads that failed, while the database answered.
static INVALID: Sampled = Sampled::new();
static BUSY: Sampled = Sampled::new();

/// The connections for loading. They are separate from the dashboard's, so that a full pool on one side does not affect the other.
pub(crate) fn pool(database: &Database) -> PgPool {
    database.serving().pool(PgPoolOptions::new().max_connections(MAX_CONNECTIONS).acquire_timeout(LOAD_TIMEOUT), "portal")
}

/// Loads an instance into memory.
pub(super) async fn load(snapshots: Snapshots, key: LookupKey) -> Lookup {
    let memory = &snapshots.0.memory;
    for left in (0..MAX_ATTEMPTS).rev() {
        let (epoch, began) = (snapshots.epoch(), memory.now());
        let stored = match read(&snapshots.0.pool, &key).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(None),
            Err(error) => {
                match &error {
                    StoreError::Database(error) => log_failure(error, "a stored instance could not be read"),
                    error => INVALID.note(|times| tracing::warn!(%error, times, "a stored instance could not be read")),
                }
                return Err(Unreadable);
            }
        };
        let id = stored.id;
        // A notification is only a hint. What the database returns again and again is the truth.
        let put = if left == 0 { Ok(memory.put_verified(stored, began)) } else { memory.put(stored, began) };
        let Ok(snapshot) = put else { continue };
        // The listener has read the versions meanwhile, without seeing this instance.
        let unseen = epoch != snapshots.epoch();
        let moved = matches!(&key, LookupKey::Host(host) if !is_at(&snapshot, host));
        if left > 0 && unseen || moved {
            continue;
        }
        if let LookupKey::Host(host) = &key {
            memory.insert_host(&host.name, id);
        }
        return Ok(Some(snapshot));
    }
    BUSY.note(|times| tracing::warn!(times, "an instance changes faster than it can be read"));
    Err(Unreadable)
}

/// Reads an instance.
///
/// # Errors
/// PostgreSQL, which may not answer in time, or the stored instance is no longer valid.
pub(super) async fn read(pool: &PgPool, key: &LookupKey) -> Result<Option<StoredInstance>, StoreError> {
    let mut connection = pool.acquire().await?;
    if let Ok(read) = tokio::time::timeout(LOAD_TIMEOUT, query(&mut connection, key)).await {
        return read;
    }
    // Back in the pool, it would block others for as long as the network lets it hang.
    drop(connection.detach());
    Err(sqlx::Error::PoolTimedOut.into())
}

async fn query(connection: &mut PgConnection, key: &LookupKey) -> Result<Option<StoredInstance>, StoreError> {
    match key {
        LookupKey::Slug(slug) => store::find(timed_on(connection), slug).await,
        LookupKey::Host(host) => store::find_by_portal_origin(timed_on(connection), &host.origins).await,
    }
}
