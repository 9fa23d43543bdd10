//! Instances in memory, bounded in bytes. A newer version is never replaced by an older one, in whatever order they come.

use std::{collections::HashMap, sync::Arc, time::Duration};

use app::instances::store::StoredInstance;
use moka::{notification::RemovalCause, ops::compute::Op, sync::Cache};

use super::{
    Snapshot,
    host::{Host, host_of},
    memory_size::weight,
    slug_host_index::Names,
};

/// How long it is remembered that a version was heard of: much longer than any load takes.
const REMEMBERED: Duration = Duration::from_mins(5);

/// Of how many instances that is remembered.
const MOST_REMEMBERED: u64 = 65_536;

/// What was loaded is older than a version that was heard of: the load began before that was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outdated;

/// Instances by their keys, and the keys by slug and host.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    instances: Cache<i64, Snapshot>,
    floors: Cache<i64, i64>,
    names: Names,
}

impl Memory {
    /// Holds about as many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let names = Names::new(bytes / 4);
        let theirs = names.clone();
        let instances = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, snapshot: &Snapshot| weight(snapshot))
            .eviction_listener(move |_, snapshot: Snapshot, cause| {
                if cause != RemovalCause::Replaced {
                    theirs.forget(&snapshot);
                }
            })
            .build();
        let floors = Cache::builder().max_capacity(MOST_REMEMBERED).time_to_live(REMEMBERED).build();
        Self { instances, floors, names }
    }

    /// The instance of that slug, if it is here.
    pub(super) fn by_slug(&self, slug: &str) -> Option<Snapshot> {
        let snapshot = self.instances.get(&self.names.slug(slug)?)?;
        (snapshot.instance.slug() == slug).then_some(snapshot)
    }

    /// The instance whose portal is at the host of that spelling, if it is here and the spelling is the usual one: then nothing is
    /// parsed.
    pub(super) fn by_plain_host(&self, text: &str) -> Option<Snapshot> {
        let snapshot = self.instances.get(&self.names.host(text)?)?;
        (host_of(snapshot.instance.portal_origin().as_str()) == text).then_some(snapshot)
    }

    /// The instance whose portal is at that host, if it is here.
    pub(super) fn by_host(&self, host: &Host) -> Option<Snapshot> {
        let snapshot = self.instances.get(&self.names.host(&host.name)?)?;
        is_at(&snapshot, host).then_some(snapshot)
    }

    /// Takes what was loaded, and answers what is served from now on: that, or something newer which was here already.
    ///
    /// # Errors
    /// A newer version was heard of. What was here stays.
    pub(super) fn put(&self, stored: StoredInstance) -> Result<Snapshot, Outdated> {
        self.put_shared(&Arc::new(stored))
    }

    fn put_shared(&self, snapshot: &Snapshot) -> Result<Snapshot, Outdated> {
        let (id, version) = (snapshot.id, snapshot.instance.version());
        let mut served = Ok(Arc::clone(snapshot));
        // Under the key's lock, as is the look at the version after something was heard: one of the two sees the other.
        self.instances.entry(id).and_compute_with(|there| {
            if let Some(there) = there.filter(|there| there.value().instance.version() >= version) {
                served = Ok(there.into_value());
                return Op::Nop;
            }
            if self.floors.get(&id).is_some_and(|floor| floor > version) {
                served = Err(Outdated);
            }
            served.as_ref().map_or(Op::Nop, |snapshot| Op::Put(Arc::clone(snapshot)))
        });
        if let Ok(snapshot) = &served {
            self.names.learn(snapshot);
        }
        served
    }

    /// Remembers that there is a version, and answers whether an older one is here.
    pub(super) fn hear(&self, id: i64, version: i64) -> bool {
        self.floors.entry(id).and_compute_with(|there| match there {
            Some(there) if *there.value() >= version => Op::Nop,
            _ => Op::Put(version),
        });
        self.version(id).is_some_and(|here| here < version)
    }

    /// Takes what was loaded after everything that was heard of: a newer version that the database does not have is none, as
    /// whoever may connect to it can send such a notification.
    pub(super) fn believe(&self, stored: StoredInstance) -> Snapshot {
        let (id, version) = (stored.id, stored.instance.version());
        self.floors.entry(id).and_compute_with(|there| match there {
            Some(there) if *there.value() > version => {
                tracing::warn!(id, version, heard = there.value(), "a version was heard of that the database does not have");
                Op::Put(version)
            }
            _ => Op::Nop,
        });
        let there = Arc::new(stored);
        self.put_shared(&there).unwrap_or(there)
    }

    /// The version that is here, in order with what is put.
    pub(super) fn version(&self, id: i64) -> Option<i64> {
        let mut version = None;
        self.instances.entry(id).and_compute_with(|there| {
            version = there.map(|there| there.value().instance.version());
            Op::Nop
        });
        version
    }

    /// Remembers that a host leads to an instance.
    pub(super) fn name_host(&self, host: &Host, id: i64) {
        self.names.learn_host(&host.name, id);
    }

    /// Remembers that an instance's host leads to it, unless it leads to another one already.
    pub(super) fn name_plain_host(&self, snapshot: &Snapshot) {
        let host = host_of(snapshot.instance.portal_origin().as_str());
        if self.names.host(host).is_none() {
            self.names.learn_host(host, snapshot.id);
        }
    }

    /// Forgets where a slug leads: there is no such instance.
    pub(super) fn forget_slug(&self, slug: &str) {
        self.names.forget_slug(slug);
    }

    /// Forgets where a host leads.
    pub(super) fn forget_host(&self, name: &str) {
        self.names.forget_host(name);
    }

    /// Forgets an instance: it is gone.
    pub(super) fn forget(&self, id: i64) {
        self.instances.invalidate(&id);
    }

    /// The versions that are here, by key.
    pub(super) fn versions(&self) -> HashMap<i64, i64> {
        self.instances.iter().map(|(id, snapshot)| (*id, snapshot.instance.version())).collect()
    }

    /// Everything that is here.
    pub(super) fn all(&self) -> Vec<Snapshot> {
        self.instances.iter().map(|(_, snapshot)| snapshot).collect()
    }

    /// How many instances are here.
    pub(super) fn entries(&self) -> u64 {
        self.instances.entry_count()
    }

    /// How many bytes they take.
    pub(super) fn bytes(&self) -> u64 {
        self.instances.weighted_size()
    }

    /// Lets go now of what is too much; else that happens a little later.
    #[cfg(test)]
    pub(super) fn settle(&self) {
        self.instances.run_pending_tasks();
        self.names.settle();
    }

    /// How many names lead to them.
    #[cfg(test)]
    pub(super) fn names(&self) -> u64 {
        self.names.count()
    }
}

/// Whether an instance's portal is at that host.
pub(super) fn is_at(snapshot: &Snapshot, host: &Host) -> bool {
    host.origins.iter().any(|origin| origin == snapshot.instance.portal_origin().as_str())
}
