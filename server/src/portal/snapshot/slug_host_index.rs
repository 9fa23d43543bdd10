//! An index of instances by slug and by host. It may be out of date, so lookups check the instance that they find. It holds existing
//! instances only, so nobody can fill it with requests.

use moka::sync::Cache;

use app::instances::stored::StoredInstance;

use super::host::host_of;

/// What a cache takes for each entry besides its key, in bytes.
const ENTRY_BYTES: u32 = 160;

/// The keys of instances, by slug and by host.
#[derive(Clone, Debug)]
pub(super) struct SlugHostIndex {
    slugs: Cache<Box<str>, i64>,
    hosts: Cache<Box<str>, i64>,
}

impl SlugHostIndex {
    /// Takes up to about that many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let build = || {
            Cache::<Box<str>, i64>::builder()
                .max_capacity(bytes / 2)
                .weigher(|name, _| u32::try_from(name.len()).unwrap_or(u32::MAX).saturating_add(ENTRY_BYTES))
                .build()
        };
        Self { slugs: build(), hosts: build() }
    }

    /// The instance that has, or had, that slug.
    pub(super) fn by_slug(&self, slug: &str) -> Option<i64> {
        self.slugs.get(slug)
    }

    /// The instance whose portal is, or was, at that host.
    pub(super) fn by_host(&self, host: &str) -> Option<i64> {
        self.hosts.get(host)
    }

    /// Adds an instance.
    pub(super) fn insert(&self, stored: &StoredInstance) {
        if self.slugs.get(stored.instance.slug()) != Some(stored.id) {
            self.slugs.insert(stored.instance.slug().into(), stored.id);
        }
        // A portal without TLS gives way to one with TLS at the same host, which may not be in memory.
        if let Some(host) = stored.instance.portal_origin().as_str().strip_prefix("https://") {
            self.insert_host(host, stored.id);
        }
    }

    /// Adds a host.
    pub(super) fn insert_host(&self, host: &str, id: i64) {
        if self.hosts.get(host) != Some(id) {
            self.hosts.insert(host.into(), id);
        }
    }

    /// Removes an instance's entries, unless they are another instance's by now.
    pub(super) fn remove(&self, stored: &StoredInstance) {
        let host = host_of(stored.instance.portal_origin().as_str());
        if self.hosts.get(host) == Some(stored.id) {
            self.hosts.invalidate(host);
        }
        if self.slugs.get(stored.instance.slug()) == Some(stored.id) {
            self.slugs.invalidate(stored.instance.slug());
        }
    }

    /// Removes a slug.
    pub(super) fn remove_slug(&self, slug: &str) {
        self.slugs.invalidate(slug);
    }

    /// Removes a host.
    pub(super) fn remove_host(&self, host: &str) {
        self.hosts.invalidate(host);
    }

    /// Evicts now what exceeds the limit.
    #[cfg(test)]
    pub(super) fn settle(&self) {
        self.slugs.run_pending_tasks();
        self.hosts.run_pending_tasks();
    }

    /// How many entries there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> u64 {
        self.settle();
        self.slugs.entry_count() + self.hosts.entry_count()
    }
}
