//! The cache of compact instances: how much each counts, and what happens to the index when one is evicted.

use std::sync::Arc;

use quick_cache::{DefaultHashBuilder, Lifecycle, Weighter, sync::Cache};

use super::{compact_instance::CompactInstance, memory_size::memory_size, slug_host_index::SlugHostIndex};

/// As how large instances are expected, in bytes: rather too large, so that the parts of the cache don't become too small for one.
const EXPECTED_BYTES: u64 = 2048;

/// How many bytes an instance counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes;

impl Weighter<i64, Arc<CompactInstance>> for Bytes {
    fn weight(&self, _: &i64, compact: &Arc<CompactInstance>) -> u64 {
        memory_size(compact)
    }
}

/// Removes from the index what is evicted, under the key's lock.
#[derive(Clone, Debug)]
pub(super) struct Unindex(SlugHostIndex);

impl Lifecycle<i64, Arc<CompactInstance>> for Unindex {
    /// What is freed after the lock.
    type RequestState = Vec<Arc<CompactInstance>>;

    fn on_evict(&self, evicted: &mut Self::RequestState, id: i64, compact: Arc<CompactInstance>) {
        self.0.remove(id, &compact.keys);
        evicted.push(compact);
    }
}

/// Compact instances by key.
pub(super) type InstanceCache = Cache<i64, Arc<CompactInstance>, Bytes, DefaultHashBuilder, Unindex>;

/// A cache of up to that many bytes. What it evicts is removed from `index`.
pub(super) fn instance_cache(bytes: u64, index: SlugHostIndex) -> InstanceCache {
    let expected = usize::try_from(bytes / EXPECTED_BYTES).unwrap_or(usize::MAX);
    InstanceCache::with(expected, bytes, Bytes, DefaultHashBuilder::default(), Unindex(index))
}
