//! The metric that counts lookups of instances, by result. Its counters are kept, so that counting costs one addition.

use metrics::{Counter, counter};

use super::single_flight::{Lookup, Unreadable};

/// The counters of lookups.
#[derive(Clone)]
pub(super) struct LookupCounters {
    hit: Counter,
    miss: Counter,
    unknown: Counter,
    failed: Counter,
}

impl LookupCounters {
    /// Must be created after the metrics recorder is installed.
    pub(super) fn new() -> Self {
        let [hit, miss, unknown, failed] =
            ["hit", "miss", "unknown", "failed"].map(|result| counter!("portal_snapshot_lookups_total", "result" => result));
        Self { hit, miss, unknown, failed }
    }

    /// Counts an instance that was in memory.
    pub(super) fn count_hit(&self) {
        self.hit.increment(1);
    }

    /// Counts a lookup that needed the database.
    pub(super) fn count(&self, lookup: &Lookup) {
        match lookup {
            Ok(Some(_)) => &self.miss,
            Ok(None) => &self.unknown,
            Err(Unreadable) => &self.failed,
        }
        .increment(1);
    }
}
