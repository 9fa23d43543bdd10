//! The instances in memory, bounded in bytes. What was read later replaces what was read earlier, in whatever order they arrive. The
//! versions' numbers don't say which is which: after a restore they are lower, and come again.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use app::{instances::stored::StoredInstance, runtimes::ServedSave};
use moka::{notification::RemovalCause, ops::compute::Op, sync::Cache};
use uuid::Uuid;

use super::{
    host::{Host, host_of},
    memory_size::memory_size,
    slug_host_index::SlugHostIndex,
};

/// An instance as it is served.
pub(in crate::portal) type Snapshot = Arc<StoredInstance>;

/// How long a noted save is kept: much longer than any load takes.
const NOTED_MAX_AGE: Duration = Duration::from_mins(5);

/// How many noted saves are kept.
const MAX_NOTED: u64 = 65_536;

/// A save was noted after the load began, and the load has not read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outdated;

/// When something happened here, before or after other things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u64);

impl Moment {
    /// Before everything here: what was read then replaces nothing.
    pub(super) const BEFORE: Self = Self(0);
}

/// An instance in memory.
#[derive(Clone, Debug)]
struct Entry {
    snapshot: Snapshot,
    /// When it was stored here: it had been read before.
    since: Moment,
}

/// A save that a notification or this process has announced.
#[derive(Clone, Copy, Debug)]
struct Noted {
    save_id: Uuid,
    at: Moment,
}

/// The instances by key, and the keys by slug and host.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    instances: Cache<i64, Entry>,
    /// The last save that was announced, by key.
    noted: Cache<i64, Noted>,
    index: SlugHostIndex,
    moments: Arc<AtomicU64>,
}

impl Memory {
    /// Takes up to about that many bytes, and a quarter more for the index.
    pub(super) fn new(bytes: u64) -> Self {
        let index = SlugHostIndex::new(bytes / 4);
        let evicted_from = index.clone();
        let instances = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, entry: &Entry| memory_size(&entry.snapshot))
            .eviction_listener(move |_, entry: Entry, cause| {
                if cause != RemovalCause::Replaced {
                    evicted_from.remove(&entry.snapshot);
                }
            })
            .build();
        let noted = Cache::builder().max_capacity(MAX_NOTED).time_to_live(NOTED_MAX_AGE).build();
        Self { instances, noted, index, moments: Arc::default() }
    }

    /// The present moment, later than every one before.
    pub(super) fn now(&self) -> Moment {
        Moment(1 + self.moments.fetch_add(1, Ordering::SeqCst))
    }

    fn get(&self, id: i64) -> Option<Snapshot> {
        self.instances.get(&id).map(|entry| entry.snapshot)
    }

    /// The instance with that slug, if it is in memory.
    pub(super) fn by_slug(&self, slug: &str) -> Option<Snapshot> {
        let snapshot = self.get(self.index.by_slug(slug)?)?;
        (snapshot.instance.slug() == slug).then_some(snapshot)
    }

    /// The instance whose portal is at that host, if it is in memory and the host has its usual spelling. Nothing is parsed.
    pub(super) fn by_plain_host(&self, text: &str) -> Option<Snapshot> {
        let snapshot = self.get(self.index.by_host(text)?)?;
        (host_of(snapshot.instance.portal_origin().as_str()) == text).then_some(snapshot)
    }

    /// The instance whose portal is at that host, if it is in memory.
    pub(super) fn by_host(&self, host: &Host) -> Option<Snapshot> {
        let snapshot = self.get(self.index.by_host(&host.name)?)?;
        is_at(&snapshot, host).then_some(snapshot)
    }

    /// Stores an instance whose reading began at that moment. Returns what is served from now on: that instance, or one that was read
    /// later and was already here.
    ///
    /// # Errors
    /// Another save was noted since then. What was here stays.
    pub(super) fn put(&self, stored: StoredInstance, began: Moment) -> Result<Snapshot, Outdated> {
        self.put_if(&Arc::new(stored), began, |noted, save_id| noted.at < began || noted.save_id == save_id)
    }

    /// Stores an instance whatever was noted since its reading began: anyone who may connect to the database can send notifications,
    /// again and again.
    pub(super) fn put_verified(&self, stored: StoredInstance, began: Moment) -> Snapshot {
        let snapshot = Arc::new(stored);
        self.put_if(&snapshot, began, |_, _| true).unwrap_or(snapshot)
    }

    fn put_if(&self, snapshot: &Snapshot, began: Moment, is_current: impl Fn(Noted, Uuid) -> bool) -> Result<Snapshot, Outdated> {
        let (id, version) = (snapshot.id, snapshot.instance.version());
        let mut served = Ok(Arc::clone(snapshot));
        // Both this and `note` use the key's lock, so that one of the two sees the other's change.
        self.instances.entry(id).and_compute_with(|entry| {
            // Of two that were read at the same time, the higher version is the later one.
            let is_earlier = |here: &Entry| here.since < began || here.snapshot.instance.version() < version;
            if let Some(entry) = entry.filter(|entry| !is_earlier(entry.value())) {
                served = Ok(entry.into_value().snapshot);
                return Op::Nop;
            }
            if self.noted.get(&id).is_some_and(|noted| !is_current(noted, snapshot.save_id)) {
                served = Err(Outdated);
                return Op::Nop;
            }
            Op::Put(Entry { snapshot: Arc::clone(snapshot), since: self.now() })
        });
        if let Ok(snapshot) = &served {
            self.index.insert(snapshot);
        }
        served
    }

    /// Notes that the instance was saved. Returns whether another save is in memory.
    pub(super) fn note(&self, id: i64, save_id: Uuid) -> bool {
        self.noted.insert(id, Noted { save_id, at: self.now() });
        self.served(id).is_some_and(|here| here.save_id != save_id)
    }

    /// What is in memory of an instance. It waits for a `put` of the same instance that is in progress.
    pub(super) fn served(&self, id: i64) -> Option<ServedSave> {
        let mut served = None;
        self.instances.entry(id).and_compute_with(|entry| {
            served = entry.map(|entry| served_save(&entry.value().snapshot));
            Op::Nop
        });
        served
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

    /// The saves in memory, by key.
    pub(super) fn save_ids(&self) -> HashMap<i64, Uuid> {
        self.instances.iter().map(|(id, entry)| (*id, entry.snapshot.save_id)).collect()
    }

    /// All instances in memory.
    pub(super) fn all(&self) -> Vec<Snapshot> {
        self.instances.iter().map(|(_, entry)| entry.snapshot).collect()
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

fn served_save(snapshot: &Snapshot) -> ServedSave {
    ServedSave { instance: snapshot.id, version: snapshot.instance.version(), save_id: snapshot.save_id }
}

/// Whether an instance's portal is at that host.
pub(super) fn is_at(snapshot: &Snapshot, host: &Host) -> bool {
    host.origins.iter().any(|origin| origin == snapshot.instance.portal_origin().as_str())
}
