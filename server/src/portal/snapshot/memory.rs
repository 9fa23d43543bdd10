//! The instances in memory, bounded in bytes. What was read later replaces what was read earlier, in whatever order they arrive. The
//! versions' numbers don't say which is which: after a restore they are lower, and come again.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use app::{instances::stored::StoredInstance, runtimes::ServedSave};
use quick_cache::sync::{EntryAction, EntryResult};
use uuid::Uuid;

use super::{
    compact_instance::{CompactInstance, log_unreadable},
    host::{Host, host_of},
    instance_cache::{InstanceCache, instance_cache},
    parsed_instances::ParsedInstances,
    slug_host_index::SlugHostIndex,
};

/// An instance as it is served.
pub(in crate::portal) type Snapshot = Arc<StoredInstance>;

/// How long a noted save is kept: much longer than any load takes.
const NOTED_MAX_AGE: Duration = Duration::from_mins(5);

/// How many noted saves are kept.
const MAX_NOTED: u64 = 65_536;

/// The least and the most bytes that parsed instances take: some thirty small ones, and some thirty thousand. Parsing one takes about as long
/// as answering a request.
const PARSED_BYTES: RangeInclusive<u64> = 64 * 1024..=64 * 1024 * 1024;

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

/// A save that a notification or this process has announced.
#[derive(Clone, Copy, Debug)]
struct Noted {
    save_id: Uuid,
    at: Moment,
}

/// The instances by key, and the keys by slug and host. The index and the cache always have the same instances: both are changed under the
/// key's lock.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    instances: Arc<InstanceCache>,
    parsed: Arc<ParsedInstances>,
    /// The last save that was announced, by key.
    noted: moka::sync::Cache<i64, Noted>,
    index: SlugHostIndex,
    moments: Arc<AtomicU64>,
}

impl Memory {
    /// Takes up to about that many bytes, and a thirty-second more for those that are requested most often: they stay parsed.
    pub(super) fn new(bytes: u64) -> Self {
        let index = SlugHostIndex::new();
        let instances = instance_cache(bytes, index.clone());
        let parsed = ParsedInstances::new((bytes / 32).clamp(*PARSED_BYTES.start(), *PARSED_BYTES.end()));
        let noted = moka::sync::Cache::builder().max_capacity(MAX_NOTED).time_to_live(NOTED_MAX_AGE).build();
        Self { instances: Arc::new(instances), parsed: Arc::new(parsed), noted, index, moments: Arc::default() }
    }

    /// The present moment, later than every one before.
    pub(super) fn now(&self) -> Moment {
        Moment(1 + self.moments.fetch_add(1, Ordering::SeqCst))
    }

    fn get(&self, id: i64) -> Option<Snapshot> {
        self.parsed.of(&self.instances.get(&id)?)
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
        let (id, save) = (snapshot.id, snapshot.save_id);
        let new = match CompactInstance::new(snapshot, self.now(), self.index.keys(snapshot)) {
            Ok(new) => Arc::new(new),
            Err(error) => {
                log_unreadable(id, &error);
                self.remove(id);
                return Ok(Arc::clone(snapshot));
            }
        };
        // Of two that were read at the same time, the higher version is the later one.
        let is_earlier = |here: &CompactInstance| here.since < began || here.save.version < new.save.version;
        let is_outdated = || self.noted.get(&id).is_some_and(|noted| !is_current(noted, save));
        // Both this and `note` use the key's lock, so that one of the two sees the other's change.
        let served = match self.instances.entry(&id, None, |_, here| {
            if !is_earlier(here) {
                self.index.insert(id, &here.keys, None);
                return EntryAction::Retain(Ok(Arc::clone(here)));
            }
            if is_outdated() {
                return EntryAction::Retain(Err(Outdated));
            }
            self.index.insert(id, &new.keys, Some(&here.keys));
            *here = Arc::clone(&new);
            EntryAction::Retain(Ok(Arc::clone(&new)))
        }) {
            EntryResult::Retained(served) => served?,
            EntryResult::Vacant(_) if is_outdated() => return Err(Outdated),
            EntryResult::Vacant(guard) => {
                self.index.insert(id, &new.keys, None);
                let _ = guard.insert(Arc::clone(&new));
                Arc::clone(&new)
            }
            EntryResult::Removed(..) | EntryResult::Replaced(..) | EntryResult::Timeout => unreachable!("none of these was asked for"),
        };
        // Replacing an entry with a larger one evicts nothing by itself.
        if self.instances.weight() > self.instances.capacity() {
            self.instances.set_capacity(self.instances.capacity());
        }
        if Arc::ptr_eq(&served, &new) {
            self.parsed.keep(&new, snapshot);
            return Ok(Arc::clone(snapshot));
        }
        self.parsed.of(&served).ok_or(Outdated)
    }

    /// Notes that the instance was saved. Returns whether another save is in memory.
    pub(super) fn note(&self, id: i64, save_id: Uuid) -> bool {
        self.noted.insert(id, Noted { save_id, at: self.now() });
        self.served(id).is_some_and(|here| here.save_id != save_id)
    }

    /// What is in memory of an instance. It waits for a `put` of the same instance that is in progress.
    pub(super) fn served(&self, id: i64) -> Option<ServedSave> {
        self.with_lock(id, |here| here.save)
    }

    /// Looks at an instance in memory, under the key's lock.
    fn with_lock<T>(&self, id: i64, look: impl FnOnce(&CompactInstance) -> T) -> Option<T> {
        match self.instances.entry(&id, None, |_, here| EntryAction::Retain(look(here))) {
            EntryResult::Retained(found) => Some(found),
            // Nothing is inserted.
            _ => None,
        }
    }

    /// Adds a host of an instance to the index.
    pub(super) fn insert_host(&self, host: &str, id: i64) {
        self.with_lock(id, |here| self.index.insert_host(host, id, &here.keys));
    }

    /// Adds an instance's own host to the index, unless it leads to another instance.
    pub(super) fn insert_plain_host(&self, snapshot: &Snapshot) {
        let host = host_of(snapshot.instance.portal_origin().as_str());
        if self.index.by_host(host).is_none() {
            self.insert_host(host, snapshot.id);
        }
    }

    /// Removes an instance.
    pub(super) fn remove(&self, id: i64) {
        self.instances.entry(&id, None, |_, here| {
            self.index.remove(id, &here.keys);
            EntryAction::<()>::Remove
        });
    }

    /// All instances in memory.
    pub(super) fn all(&self) -> Vec<Arc<CompactInstance>> {
        self.instances.iter().map(|(_, compact)| compact).collect()
    }

    /// How many instances are in memory.
    pub(super) fn entries(&self) -> u64 {
        self.instances.len() as u64
    }

    /// How many bytes they take.
    pub(super) fn bytes(&self) -> u64 {
        self.instances.weight()
    }

    /// How many bytes the parsed ones take.
    #[cfg(test)]
    pub(super) fn parsed_bytes(&self) -> u64 {
        self.parsed.bytes()
    }

    /// The index.
    #[cfg(test)]
    pub(super) fn index(&self) -> &SlugHostIndex {
        &self.index
    }

    /// How many entries the index has.
    #[cfg(test)]
    pub(super) fn index_entries(&self) -> u64 {
        self.index.count() as u64
    }
}

/// Whether an instance's portal is at that host.
pub(super) fn is_at(snapshot: &Snapshot, host: &Host) -> bool {
    host.origins.iter().any(|origin| origin == snapshot.instance.portal_origin().as_str())
}
