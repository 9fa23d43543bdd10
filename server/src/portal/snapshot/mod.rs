//! Snapshots: instances with their fallback redirects in memory, each at one version. Visitors are served from them. PostgreSQL is
//! queried only for an instance that is not in memory, once however many visitors wait for it. `listener/` keeps them up to date.

mod catch_up;
mod compact_instance;
mod extractors;
mod host;
mod instance_cache;
mod load;
mod lookup_counters;
mod memory;
mod memory_size;
mod parsed_instances;
mod row;
mod single_flight;
mod slug_host_index;
mod startup;
mod status;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use app::{
    database::{StoreError, in_background, log_failure},
    instances::stored::StoredInstance,
    redirects::is_slug,
    runtimes::{self, Runtime, ServedSave},
};
use axum::http::{HeaderMap, Uri};
use sqlx::PgPool;
use uuid::Uuid;

use super::{problem_details::ProblemDetails, session_cache::SessionCache, visits::VisitCounter};
use crate::http::host::asked_host;
use compact_instance::CompactInstance;
pub(super) use extractors::{FoundInstance, OpenInstance};
use host::Host;
pub(crate) use load::{MAX_CONNECTIONS, pool};
use lookup_counters::LookupCounters;
pub(super) use memory::Snapshot;
use memory::{Memory, Moment};
pub(super) use row::Row;
use single_flight::{Lookup, LookupKey, SingleFlight};
use startup::Startup;
use status::PostgresContact;
pub use status::SnapshotStatus;

/// The snapshots of one process. Clones share them.
#[derive(Clone)]
pub struct Snapshots(Arc<Inner>, VisitCounter);

struct Inner {
    memory: Memory,
    pool: PgPool,
    loads: SingleFlight,
    /// Incremented whenever the versions of all instances in memory are about to be read.
    epoch: AtomicU64,
    /// The database that the instances in memory were compared with last.
    database: Mutex<Option<String>>,
    contact: PostgresContact,
    lookups: LookupCounters,
    startup: Startup,
    sessions: SessionCache,
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Snapshots").field(&self.status()).finish()
    }
}

impl Snapshots {
    /// Loads instances over `pool` and takes up to about `bytes` of memory. Must be created after the metrics recorder is installed.
    pub fn new(pool: PgPool, bytes: u64) -> Self {
        let inner = Inner {
            memory: Memory::new(bytes),
            pool,
            loads: SingleFlight::default(),
            epoch: AtomicU64::new(0),
            database: Mutex::default(),
            contact: PostgresContact::default(),
            lookups: LookupCounters::new(),
            startup: Startup::default(),
            sessions: SessionCache::new(),
        };
        Self(Arc::new(inner), VisitCounter::off())
    }

    /// Whose visits are counted there.
    #[must_use]
    pub fn with_visits(self, visits: VisitCounter) -> Self {
        Self(self.0, visits)
    }

    /// Where visits are counted.
    pub(crate) fn visits(&self) -> &VisitCounter {
        &self.1
    }

    /// The instance with that slug.
    pub(super) async fn by_slug(&self, slug: &str) -> Lookup {
        let in_memory = || self.0.memory.by_slug(slug);
        if let Some(snapshot) = in_memory() {
            return Ok(Some(self.hit(snapshot)));
        }
        if !is_slug(slug) {
            return self.counted(Ok(None));
        }
        self.counted(self.0.loads.join(&LookupKey::Slug(slug.into()), in_memory, |key| load::load(self.clone(), key)).await)
    }

    /// The instance whose portal is at that host, with either scheme: a proxy may have ended TLS.
    pub(super) async fn by_host(&self, text: &str) -> Lookup {
        if let Some(snapshot) = self.0.memory.by_plain_host(text) {
            return Ok(Some(self.hit(snapshot)));
        }
        let Some(host) = Host::parse(text) else { return self.counted(Ok(None)) };
        let in_memory = || self.0.memory.by_host(&host);
        if let Some(snapshot) = in_memory() {
            return Ok(Some(self.hit(snapshot)));
        }
        self.counted(self.0.loads.join(&LookupKey::Host(host.clone()), in_memory, |key| load::load(self.clone(), key)).await)
    }

    /// The instance with that slug, else the one at that host, if it is in memory, its portal is open, and the slug or host has
    /// its usual spelling.
    pub(super) fn warm(&self, slug: Option<&str>, host: Option<&str>) -> Option<Snapshot> {
        let memory = &self.0.memory;
        let found = slug.map_or_else(|| memory.by_plain_host(host?), |slug| memory.by_slug(slug));
        let open = found.filter(|snapshot| snapshot.archived_at.is_none())?;
        self.0.lookups.count_hit();
        Some(open)
    }

    /// The instance whose portal is at the requested host.
    pub(super) async fn at_host(&self, headers: &HeaderMap, uri: &Uri) -> Result<Snapshot, ProblemDetails> {
        let host = asked_host(headers, uri).ok_or(ProblemDetails::UnknownInstance)?;
        self.by_host(host).await?.ok_or(ProblemDetails::UnknownInstance)
    }

    /// Reloads an instance that was just saved by this process. If that fails, the listener will do it.
    pub(crate) async fn refresh(&self, slug: &str) {
        if !is_slug(slug) {
            return;
        }
        let began = self.0.memory.now();
        match load::read(&self.0.pool, &LookupKey::Slug(slug.into())).await {
            Ok(Some(stored)) => {
                // So that a load that began before the save can't put the old version back.
                self.0.memory.note(stored.id, stored.save_id);
                let _ = self.0.memory.put(stored, began);
            }
            Ok(None) => {}
            Err(StoreError::Database(error)) => log_failure(&error, "an instance could not be reloaded after it was saved"),
            Err(error) => tracing::warn!(%error, "an instance could not be reloaded after it was saved"),
        }
    }

    /// Notes that an instance was saved. Returns whether another save is in memory.
    pub(crate) fn note(&self, id: i64, save_id: Uuid) -> bool {
        self.0.contact.heard_from(Instant::now());
        self.0.memory.note(id, save_id)
    }

    /// What is in memory of an instance.
    pub(crate) fn served(&self, id: i64) -> Option<ServedSave> {
        self.0.memory.served(id)
    }

    /// The connection to PostgreSQL is lost. The instances in memory are still served.
    pub(crate) fn mark_disconnected(&self) {
        self.0.contact.mark_disconnected();
    }

    /// The connections that load instances.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    /// Reports that this runtime has ended, and closes the connections.
    pub(crate) async fn close(&self, runtime: &Runtime) {
        let end = async {
            if let Err(error) = runtimes::store::delete(in_background(&self.0.pool), runtime).await {
                tracing::debug!(%error, "the end of this runtime could not be reported");
            }
            self.0.pool.close().await;
        };
        // If it takes too long, the other runtimes notice after a while that this one is gone.
        drop(tokio::time::timeout(load::LOAD_TIMEOUT, end).await);
    }

    /// All instances in memory.
    pub(super) fn in_memory(&self) -> Vec<Arc<CompactInstance>> {
        self.0.memory.all()
    }

    /// Inserts an instance that was read elsewhere some time ago, unless a newer version is in memory or another save was noted.
    pub fn insert(&self, stored: StoredInstance) {
        // An instance that is out of date is left out, and loaded at the next visit.
        if let Ok(snapshot) = self.0.memory.put(stored, Moment::BEFORE) {
            self.0.memory.insert_plain_host(&snapshot);
        }
    }

    /// What this runtime remembers of visitors' sessions. The listener tells it which have ended.
    pub(in crate::portal) fn sessions(&self) -> &SessionCache {
        &self.0.sessions
    }

    /// How the server has started.
    pub(crate) fn startup(&self) -> &Startup {
        &self.0.startup
    }

    /// The status of the snapshots.
    pub fn status(&self) -> SnapshotStatus {
        let Inner { memory, contact, .. } = &*self.0;
        let hears = self.sessions().hears();
        SnapshotStatus { connected: contact.is_connected(), hears, age: contact.age(), entries: memory.entries(), bytes: memory.bytes() }
    }

    /// Writes the status to the metrics.
    pub fn record(&self) {
        self.status().record(self.0.contact.running());
    }

    /// Whether the instances in memory were compared with another database than this one.
    pub(crate) fn is_from_another(&self, database: &runtimes::store::Database) -> bool {
        let compared = self.0.database.lock().unwrap_or_else(PoisonError::into_inner);
        compared.as_ref().is_some_and(|compared| *compared != database.identity)
    }

    fn epoch(&self) -> u64 {
        self.0.epoch.load(Ordering::SeqCst)
    }

    fn hit(&self, snapshot: Snapshot) -> Snapshot {
        self.0.lookups.count_hit();
        snapshot
    }

    fn counted(&self, lookup: Lookup) -> Lookup {
        self.0.lookups.count(&lookup);
        lookup
    }
}
