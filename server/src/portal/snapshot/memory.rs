//! The instances in memory, bounded in bytes. An older version never replaces a newer one, in whatever order they arrive.

use std::{collections::HashMap, sync::Arc, time::Duration};

use app::instances::stored::StoredInstance;
use moka::{notification::RemovalCause, ops::compute::Op, sync::Cache};

use super::{
    host::{Host, host_of},
    memory_size::memory_size,
    slug_host_index::SlugHostIndex,
};

/// An instance as it is served.
pub(in crate::portal) type Snapshot = Arc<StoredInstance>;

/// How long a noted version is kept: much longer than any load takes.
const NOTED_MAX_AGE: Duration = Duration::from_mins(5);

/// How many noted versions are kept.
const MAX_NOTED: u64 = 65_536;

/// The loaded version is older than a noted one: the load began before the save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outdated;

/// The instances by key, and the keys by slug and host.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    instances: Cache<i64, Snapshot>,
    /// The newest version that a notification or a save has announced, by key.
    noted: Cache<i64, i64>,
    index: SlugHostIndex,
}

impl Memory {
    /// Takes up to about that many bytes, and a quarter more for the index.
    pub(super) fn new(bytes: u64) -> Self {
        let index = SlugHostIndex::new(bytes / 4);
        let evicted_from = index.clone();
        let instances = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, snapshot: &Snapshot| memory_size(snapshot))
            .eviction_listener(move |_, snapshot: Snapshot, cause| {
                if cause != RemovalCause::Replaced {
                    evicted_from.remove(&snapshot);
                }
            })
            .build();
        let noted = Cache::builder().max_capacity(MAX_NOTED).time_to_live(NOTED_MAX_AGE).build();
        Self { instances, noted, index }
    }

    /// The instance with that slug, if it is in memory.
    pub(super) fn by_slug(&self, slug: &str) -> Option<Snapshot> {
        let snapshot = self.instances.get(&self.index.by_slug(slug)?)?;
        (snapshot.instance.slug() == slug).then_some(snapshot)
    }

    /// The instance whose portal is at that host, if it is in memory and the host has its usual spelling. Nothing is parsed.
    pub(super) fn by_plain_host(&self, text: &str) -> Option<Snapshot> {
        let snapshot = self.instances.get(&self.index.by_host(text)?)?;
        (host_of(snapshot.instance.portal_origin().as_str()) == text).then_some(snapshot)
    }

    /// The instance whose portal is at that host, if it is in memory.
    pub(super) fn by_host(&self, host: &Host) -> Option<Snapshot> {
        let snapshot = self.instances.get(&self.index.by_host(&host.name)?)?;
        is_at(&snapshot, host).then_some(snapshot)
    }

    /// Stores a loaded instance. Returns what is served from now on: that instance, or a newer version that was already here.
    ///
    /// # Errors
    /// A newer version was noted. What was here stays.
    pub(super) fn put(&self, stored: StoredInstance) -> Result<Snapshot, Outdated> {
        self.put_shared(&Arc::new(stored))
    }

    fn put_shared(&self, snapshot: &Snapshot) -> Result<Snapshot, Outdated> {
        let (id, version) = (snapshot.id, snapshot.instance.version());
        let mut served = Ok(Arc::clone(snapshot));
        // Both this and `note_version` use the key's lock, so that one of the two sees the other's change.
        self.instances.entry(id).and_compute_with(|entry| {
            if let Some(entry) = entry.filter(|entry| entry.value().instance.version() >= version) {
                served = Ok(entry.into_value());
                return Op::Nop;
            }
            if self.noted.get(&id).is_some_and(|noted| noted > version) {
                served = Err(Outdated);
            }
            served.as_ref().map_or(Op::Nop, |snapshot| Op::Put(Arc::clone(snapshot)))
        });
        if let Ok(snapshot) = &served {
            self.index.insert(snapshot);
        }
        served
    }

    /// Notes that the instance has a version. Returns whether an older one is in memory.
    pub(super) fn note_version(&self, id: i64, version: i64) -> bool {
        self.noted.entry(id).and_compute_with(|entry| match entry {
            Some(entry) if *entry.value() >= version => Op::Nop,
            _ => Op::Put(version),
        });
        self.version(id).is_some_and(|here| here < version)
    }

    /// Stores an instance that was loaded after everything that was noted. If a newer version was noted, the database does not have it:
    /// anyone who may connect can send such a notification.
    pub(super) fn put_verified(&self, stored: StoredInstance) -> Snapshot {
        let (id, version) = (stored.id, stored.instance.version());
        self.noted.entry(id).and_compute_with(|entry| match entry {
            Some(entry) if *entry.value() > version => {
                tracing::warn!(id, version, noted = entry.value(), "a notification announced a version that the database does not have");
                Op::Put(version)
            }
            _ => Op::Nop,
        });
        let snapshot = Arc::new(stored);
        self.put_shared(&snapshot).unwrap_or(snapshot)
    }

    /// The version in memory. It waits for a `put` of the same instance that is in progress.
    pub(super) fn version(&self, id: i64) -> Option<i64> {
        let mut version = None;
        self.instances.entry(id).and_compute_with(|entry| {
            version = entry.map(|entry| entry.value().instance.version());
            Op::Nop
        });
        version
    }

    /// Adds a host of an instance to the index.
    pub(super) fn insert_host(&self, host: &Host, id: i64) {
        self.index.insert_host(&host.name, id);
    }

    /// Adds an instance's own host to the index, unless it leads to another instance.
    pub(super) fn insert_plain_host(&self, snapshot: &Snapshot) {
        let host = host_of(snapshot.instance.portal_origin().as_str());
        if self.index.by_host(host).is_none() {
            self.index.insert_host(host, snapshot.id);
        }
    }

    /// Removes a slug from the index: there is no such instance.
    pub(super) fn remove_slug(&self, slug: &str) {
        self.index.remove_slug(slug);
    }

    /// Removes a host from the index.
    pub(super) fn remove_host(&self, name: &str) {
        self.index.remove_host(name);
    }

    /// Removes an instance.
    pub(super) fn remove(&self, id: i64) {
        self.instances.invalidate(&id);
    }

    /// The versions in memory, by key.
    pub(super) fn versions(&self) -> HashMap<i64, i64> {
        self.instances.iter().map(|(id, snapshot)| (*id, snapshot.instance.version())).collect()
    }

    /// All instances in memory.
    pub(super) fn all(&self) -> Vec<Snapshot> {
        self.instances.iter().map(|(_, snapshot)| snapshot).collect()
    }

    /// How many instances are in memory. The number lags behind for a moment.
    pub(super) fn entries(&self) -> u64 {
        self.instances.entry_count()
    }

    /// How many bytes they take.
    pub(super) fn bytes(&self) -> u64 {
        self.instances.weighted_size()
    }

    /// Evicts now what exceeds the limit. Otherwise that happens a little later.
    #[cfg(test)]
    pub(super) fn settle(&self) {
        self.instances.run_pending_tasks();
        self.index.settle();
    }

    /// How many entries the index has.
    #[cfg(test)]
    pub(super) fn index_entries(&self) -> u64 {
        self.index.count()
    }
}

/// Whether an instance's portal is at that host.
pub(super) fn is_at(snapshot: &Snapshot, host: &Host) -> bool {
    host.origins.iter().any(|origin| origin == snapshot.instance.portal_origin().as_str())
}
