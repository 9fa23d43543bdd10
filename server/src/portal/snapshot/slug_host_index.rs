//! An index of the instances in memory, by slug and by host. It holds hashes in place of texts, and two texts may have the same hash: lookups
//! check the instance that they find. It holds instances in memory only, so nobody can fill it with requests.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use app::instances::stored::StoredInstance;
use hashbrown::HashTable;

use super::host::{TLS, host_of, with_default_port};

/// Into how many tables the entries are divided. Of each, others wait while it is changed.
const SHARDS: usize = 64;

/// What an instance is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndexKeys {
    slug: u64,
    /// The host of its portal, and the same with the scheme's default port.
    hosts: [u64; 2],
    /// Whether its portal has TLS.
    has_tls: bool,
}

/// The keys of instances, by slug and by host. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct SlugHostIndex(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Seeded at random, so that nobody can make up texts that have the same hash.
    hasher: RandomState,
    slugs: Table,
    hosts: Table,
}

impl SlugHostIndex {
    /// An empty index.
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner { hasher: RandomState::new(), slugs: Table::new(), hosts: Table::new() }))
    }

    /// What an instance is found by.
    pub(super) fn keys(&self, stored: &StoredInstance) -> IndexKeys {
        let origin = stored.instance.portal_origin().as_str();
        IndexKeys {
            slug: self.hash(stored.instance.slug()),
            hosts: [self.hash(host_of(origin)), self.hash(&with_default_port(origin))],
            has_tls: origin.starts_with(TLS),
        }
    }

    /// The instance with that slug, or another one.
    pub(super) fn by_slug(&self, slug: &str) -> Option<i64> {
        self.0.slugs.get(self.hash(slug))
    }

    /// The instance whose portal is at that host, or another one.
    pub(super) fn by_host(&self, host: &str) -> Option<i64> {
        self.0.hosts.get(self.hash(host))
    }

    /// Adds an instance, in place of `before`.
    pub(super) fn insert(&self, id: i64, keys: &IndexKeys, before: Option<&IndexKeys>) {
        if let Some(before) = before {
            if before.slug != keys.slug {
                self.0.slugs.remove(before.slug, id);
            }
            let stays = |host: &u64| keys.hosts.contains(host) && keys.has_tls == before.has_tls;
            before.hosts.iter().filter(|host| !stays(host)).for_each(|host| self.0.hosts.remove(*host, id));
        }
        self.0.slugs.insert(keys.slug, id);
        // A portal without TLS gives way to one with TLS at the same host, which may not be in memory.
        if keys.has_tls {
            self.0.hosts.insert(keys.hosts[0], id);
        }
    }

    /// Adds a host of an instance, if it is one of its keys.
    pub(super) fn insert_host(&self, host: &str, id: i64, keys: &IndexKeys) {
        let host = self.hash(host);
        if keys.hosts.contains(&host) {
            self.0.hosts.insert(host, id);
        }
    }

    /// Removes an instance's entries, unless they are another instance's by now.
    pub(super) fn remove(&self, id: i64, keys: &IndexKeys) {
        self.0.slugs.remove(keys.slug, id);
        keys.hosts.iter().for_each(|host| self.0.hosts.remove(*host, id));
    }

    fn hash(&self, text: &str) -> u64 {
        self.0.hasher.hash_one(text)
    }

    /// Lets a slug or a host lead to an instance, as if one of that instance had the same hash.
    #[cfg(test)]
    pub(super) fn mix_up(&self, text: &str, id: i64) {
        self.0.slugs.insert(self.hash(text), id);
        self.0.hosts.insert(self.hash(text), id);
    }

    /// How many entries there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.0.slugs.count() + self.0.hosts.count()
    }
}

/// The keys of instances by hash.
#[derive(Debug)]
struct Table(Box<[RwLock<Shard>]>);

/// Hashes and keys.
type Shard = HashTable<(u64, i64)>;

impl Table {
    fn new() -> Self {
        Self((0..SHARDS).map(|_| RwLock::default()).collect())
    }

    fn get(&self, hash: u64) -> Option<i64> {
        self.read(hash).find(hash, |(found, _)| *found == hash).map(|(_, id)| *id)
    }

    fn insert(&self, hash: u64, id: i64) {
        // Most often it is there, and nobody has to wait.
        if self.get(hash) == Some(id) {
            return;
        }
        let mut shard = self.write(hash);
        match shard.find_mut(hash, |(found, _)| *found == hash) {
            Some(entry) => entry.1 = id,
            None => drop(shard.insert_unique(hash, (hash, id), |(hash, _)| *hash)),
        }
    }

    fn remove(&self, hash: u64, id: i64) {
        if let Ok(entry) = self.write(hash).find_entry(hash, |entry| *entry == (hash, id)) {
            entry.remove();
        }
    }

    /// The table finds an entry by the lowest and the highest bits of its hash. Bits between them choose the table.
    fn shard(&self, hash: u64) -> &RwLock<Shard> {
        &self.0[usize::from(hash.to_be_bytes()[1]) % SHARDS]
    }

    fn read(&self, hash: u64) -> RwLockReadGuard<'_, Shard> {
        self.shard(hash).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, hash: u64) -> RwLockWriteGuard<'_, Shard> {
        self.shard(hash).write().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn count(&self) -> usize {
        self.0.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }
}
