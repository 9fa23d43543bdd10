//! How an instance comes into memory: one query, over a few connections that nothing else uses.

use std::time::Duration;

use app::instances::store::{self, StoreError, StoredInstance};
use sqlx::{
    PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::database::Database;

use super::{
    Snapshots, Unreadable,
    memory::is_at,
    single_flight::{Found, Name},
};

/// How long a visitor of an instance that is not in memory waits for a connection, and then for the answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// The connections that load instances, at most.
const CONNECTIONS: u32 = 4;

/// How often what turns out to be old is loaded again.
const TRIES: usize = 4;

/// Connections for loading, apart from the dashboard's: a full pool there does not touch visitors, nor the other way round.
pub(crate) fn pool(database: &Database) -> PgPool {
    let options = PgConnectOptions::clone(&database.pool().connect_options());
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect_lazy_with(options.application_name("portal-redirects portal"))
}

/// Loads what somebody asks for into memory.
pub(super) async fn load(snapshots: Snapshots, name: Name) -> Found {
    let memory = &snapshots.0.memory;
    for left in (0..TRIES).rev() {
        let epoch = snapshots.epoch();
        let stored = match read(&snapshots.0.pool, &name).await {
            Ok(Some(stored)) => stored,
            Ok(None) => {
                match &name {
                    Name::Slug(slug) => memory.forget_slug(slug),
                    Name::Host(host) => memory.forget_host(&host.name),
                }
                return Ok(None);
            }
            Err(error) => {
                tracing::warn!(%error, "an instance could not be read");
                return Err(Unreadable);
            }
        };
        let id = stored.id;
        // A notification is only a hint: what the database has, again and again, is so.
        let put = if left == 0 { Ok(memory.believe(stored)) } else { memory.put(stored) };
        let Ok(snapshot) = put else { continue };
        // What was read before the listener asked for the versions, and put after that, it has not seen.
        let unseen = epoch != snapshots.epoch();
        let moved = matches!(&name, Name::Host(host) if !is_at(&snapshot, host));
        if left > 0 && unseen || moved {
            continue;
        }
        if let Name::Host(host) = &name {
            memory.name_host(host, id);
        }
        return Ok(Some(snapshot));
    }
    tracing::warn!("an instance changes faster than it can be read");
    Err(Unreadable)
}

/// Reads what has that name.
///
/// # Errors
/// PostgreSQL, which may not answer in time, or a stored instance that is no longer valid.
pub(super) async fn read(pool: &PgPool, name: &Name) -> Result<Option<StoredInstance>, StoreError> {
    let mut connection = pool.acquire().await?;
    if let Ok(read) = tokio::time::timeout(PATIENCE, query(&mut connection, name)).await {
        return read;
    }
    // Back in the pool, it would be waited for as long as the network lets it hang.
    drop(connection.detach());
    Err(sqlx::Error::PoolTimedOut.into())
}

async fn query(connection: &mut PgConnection, name: &Name) -> Result<Option<StoredInstance>, StoreError> {
    match name {
        Name::Slug(slug) => store::find(connection, slug).await,
        Name::Host(host) => store::find_by_portal_origin(connection, &host.origins).await,
    }
}
