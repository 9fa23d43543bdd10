//! What is served: instances with their fallback redirects, each at one version, from memory. PostgreSQL is asked for what is not
//! there yet, once however many visitors wait for it. `listener.rs` keeps it fresh.

mod catch_up;
mod extractors;
mod host;
mod load;
mod memory;
mod memory_size;
mod single_flight;
mod slug_host_index;
mod status;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use app::{
    instances::store::StoredInstance,
    redirects::is_slug,
    runtimes::{self, Runtime},
};
use axum::http::{HeaderMap, Uri};
use sqlx::PgPool;

use super::problem_details::Problem;
use crate::{http::layers::asked_host, portal::probes::Start};
pub(super) use extractors::{Asked, Served};
use host::Host;
pub(crate) use load::pool;
use memory::Memory;
use single_flight::{Flights, Found, Name};
pub use status::Health;
use status::{Contact, Lookups};

/// An instance as it is served.
pub(super) type Snapshot = Arc<StoredInstance>;

/// An instance is not in memory, and the database does not say what it is. The cause is logged where it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl From<Unreadable> for Problem {
    fn from(_: Unreadable) -> Self {
        Self::Unavailable
    }
}

/// Finds what is served, by slug or by host. One in a process, and its clones.
#[derive(Clone)]
pub struct Snapshots(Arc<Inner>);

struct Inner {
    memory: Memory,
    pool: PgPool,
    flights: Flights,
    /// Raised whenever the versions of everything in memory are asked for.
    epoch: AtomicU64,
    contact: Contact,
    lookups: Lookups,
    start: Start,
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Snapshots").field(&self.health()).finish()
    }
}

impl Snapshots {
    /// Loads over these connections, and keeps about as many bytes. To be made after whoever collects the metrics.
    pub fn new(pool: PgPool, bytes: u64) -> Self {
        Self(Arc::new(Inner {
            memory: Memory::new(bytes),
            pool,
            flights: Flights::default(),
            epoch: AtomicU64::new(0),
            contact: Contact::default(),
            lookups: Lookups::new(),
            start: Start::default(),
        }))
    }

    /// The instance of that slug.
    pub(super) async fn by_slug(&self, slug: &str) -> Found {
        if let Some(snapshot) = self.0.memory.by_slug(slug) {
            return Ok(Some(self.hit(snapshot)));
        }
        if !is_slug(slug) {
            return self.counted(Ok(None));
        }
        let warm = || self.0.memory.by_slug(slug);
        self.counted(self.0.flights.join(&Name::Slug(slug.into()), warm, |name| load::load(self.clone(), name)).await)
    }

    /// The instance whose portal is at that host. A proxy may have taken TLS off, so both schemes fit.
    pub(super) async fn by_host(&self, text: &str) -> Found {
        if let Some(snapshot) = self.0.memory.by_plain_host(text) {
            return Ok(Some(self.hit(snapshot)));
        }
        let Some(host) = Host::parse(text) else { return self.counted(Ok(None)) };
        if let Some(snapshot) = self.0.memory.by_host(&host) {
            return Ok(Some(self.hit(snapshot)));
        }
        let warm = || self.0.memory.by_host(&host);
        self.counted(self.0.flights.join(&Name::Host(host.clone()), warm, |name| load::load(self.clone(), name)).await)
    }

    /// The instance of that slug, else the one at the host that was asked for, if it is in memory, open, and spelled as usual.
    pub(super) fn warm(&self, slug: Option<&str>, headers: &HeaderMap, uri: &Uri) -> Option<Snapshot> {
        let memory = &self.0.memory;
        let found = slug.map_or_else(|| memory.by_plain_host(asked_host(headers, uri)?), |slug| memory.by_slug(slug));
        let open = found.filter(|snapshot| snapshot.archived_at.is_none())?;
        self.0.lookups.hit.increment(1);
        Some(open)
    }

    /// The instance whose portal is at the host that was asked for.
    pub(super) async fn at_host(&self, headers: &HeaderMap, uri: &Uri) -> Result<Snapshot, Problem> {
        let host = asked_host(headers, uri).ok_or(Problem::UnknownInstance)?;
        self.by_host(host).await?.ok_or(Problem::UnknownInstance)
    }

    /// Loads an instance anew: somebody may have saved it here. A failure leaves it to the listener.
    pub(crate) async fn refresh(&self, slug: &str) {
        if !is_slug(slug) {
            return;
        }
        match load::read(&self.0.pool, &Name::Slug(slug.into())).await {
            Ok(Some(stored)) => {
                // A load that began before the save comes too late with what it has read.
                self.0.memory.hear(stored.id, stored.instance.version());
                let _ = self.0.memory.put(stored);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "an instance that was saved could not be read"),
        }
    }

    /// Hears that an instance has a version; answers whether an older one is in memory.
    pub(crate) fn hear(&self, id: i64, version: i64) -> bool {
        self.0.contact.heard(Instant::now());
        self.0.memory.hear(id, version)
    }

    /// The version of an instance that is in memory.
    pub(crate) fn version(&self, id: i64) -> Option<i64> {
        self.0.memory.version(id)
    }

    /// PostgreSQL is lost: what is in memory is served on.
    pub(crate) fn lose(&self) {
        self.0.contact.lost();
    }

    /// The connections over which instances are loaded.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    /// Says that this runtime has ended, and ends the connections.
    pub(crate) async fn close(&self, runtime: &Runtime) {
        let end = async {
            if let Err(error) = runtimes::store::leave(&self.0.pool, runtime).await {
                tracing::debug!(%error, "the end of this runtime could not be reported");
            }
            self.0.pool.close().await;
        };
        // Without it, the others see after a while that it is gone.
        drop(tokio::time::timeout(load::PATIENCE, end).await);
    }

    /// Everything that is in memory.
    pub fn all(&self) -> Vec<Arc<StoredInstance>> {
        self.0.memory.all()
    }

    /// Takes an instance into memory that was read elsewhere, unless a newer version is there or was heard of.
    pub fn take(&self, stored: StoredInstance) {
        // What is older than it may be is left out: it will be loaded when somebody asks.
        if let Ok(snapshot) = self.0.memory.put(stored) {
            self.0.memory.name_plain_host(&snapshot);
        }
    }

    /// How the server has begun.
    pub(crate) fn start(&self) -> &Start {
        &self.0.start
    }

    /// How it is.
    pub fn health(&self) -> Health {
        let Inner { memory, contact, .. } = &*self.0;
        Health { connected: contact.is_connected(), age: contact.age(), entries: memory.entries(), bytes: memory.bytes() }
    }

    /// Puts how it is into the metrics.
    pub fn record(&self) {
        self.health().record();
    }

    fn epoch(&self) -> u64 {
        self.0.epoch.load(Ordering::SeqCst)
    }

    fn hit(&self, snapshot: Snapshot) -> Snapshot {
        self.0.lookups.hit.increment(1);
        snapshot
    }

    fn counted(&self, found: Found) -> Found {
        let lookups = &self.0.lookups;
        match &found {
            Ok(Some(_)) => &lookups.miss,
            Ok(None) => &lookups.unknown,
            Err(Unreadable) => &lookups.failed,
        }
        .increment(1);
        found
    }
}
