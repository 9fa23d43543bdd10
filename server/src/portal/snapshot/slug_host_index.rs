//! Where slugs and hosts lead: to the key of an instance, which may have another name by now. Only names of instances that there
//! are come in here, so nobody fills it by asking.

use moka::sync::Cache;

use super::{Snapshot, host::host_of};

/// What the cache itself keeps for each name, in bytes.
const AROUND: u32 = 160;

/// Keys of instances by slug and by host. Who finds one sees whether the instance still has that name.
#[derive(Clone, Debug)]
pub(super) struct Names {
    slugs: Cache<Box<str>, i64>,
    hosts: Cache<Box<str>, i64>,
}

impl Names {
    /// Holds about as many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let build = || {
            Cache::<Box<str>, i64>::builder()
                .max_capacity(bytes / 2)
                .weigher(|name, _| u32::try_from(name.len()).unwrap_or(u32::MAX).saturating_add(AROUND))
                .build()
        };
        Self { slugs: build(), hosts: build() }
    }

    /// The instance that has, or had, that slug.
    pub(super) fn slug(&self, slug: &str) -> Option<i64> {
        self.slugs.get(slug)
    }

    /// The instance whose portal is, or was, at that host.
    pub(super) fn host(&self, host: &str) -> Option<i64> {
        self.hosts.get(host)
    }

    /// Remembers the names of an instance.
    pub(super) fn learn(&self, snapshot: &Snapshot) {
        if self.slugs.get(snapshot.instance.slug()) != Some(snapshot.id) {
            self.slugs.insert(snapshot.instance.slug().into(), snapshot.id);
        }
        // One without TLS gives way to one with it at the same host, which may not be here.
        if let Some(host) = snapshot.instance.portal_origin().as_str().strip_prefix("https://") {
            self.learn_host(host, snapshot.id);
        }
    }

    /// Remembers where a host leads.
    pub(super) fn learn_host(&self, host: &str, id: i64) {
        if self.hosts.get(host) != Some(id) {
            self.hosts.insert(host.into(), id);
        }
    }

    /// Forgets the names of an instance, where they have not become another's.
    pub(super) fn forget(&self, snapshot: &Snapshot) {
        let host = host_of(snapshot.instance.portal_origin().as_str());
        if self.hosts.get(host) == Some(snapshot.id) {
            self.hosts.invalidate(host);
        }
        if self.slugs.get(snapshot.instance.slug()) == Some(snapshot.id) {
            self.slugs.invalidate(snapshot.instance.slug());
        }
    }

    /// Forgets where a slug leads.
    pub(super) fn forget_slug(&self, slug: &str) {
        self.slugs.invalidate(slug);
    }

    /// Forgets where a host leads.
    pub(super) fn forget_host(&self, host: &str) {
        self.hosts.invalidate(host);
    }

    /// Lets go now of what is too much.
    #[cfg(test)]
    pub(super) fn settle(&self) {
        self.slugs.run_pending_tasks();
        self.hosts.run_pending_tasks();
    }

    /// How many names there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> u64 {
        self.settle();
        self.slugs.entry_count() + self.hosts.entry_count()
    }
}
