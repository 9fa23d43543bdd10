//! Visits are counted where they are resolved, in memory: without a query, and without waiting for a lock. `flush.rs` stores the counts.

mod counts;
mod flush;
#[cfg(test)]
mod tests;

use std::{
    cell::Cell,
    fmt,
    sync::{
        Arc, Mutex, PoisonError, TryLockError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use app::{
    insight::visit::CountedVisit,
    instances::stored::StoredInstance,
    redirects::{Resolution, Visit},
};
use axum::http::HeaderMap;
use metrics::Counter;

use counts::{Budget, Counts, InstanceHour, Tally};
pub use flush::{Flusher, NotStored};

/// Counts the visits of one process. Clones share the counts.
#[derive(Clone, Debug)]
pub struct VisitCounter(Option<Arc<Inner>>);

struct Inner {
    /// More of them than threads that count: one of them is always free.
    shards: Box<[Mutex<Counts>]>,
    budget: Budget,
    counted: Counter,
    merged: Counter,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("budget", &self.budget).finish_non_exhaustive()
    }
}

impl VisitCounter {
    /// Takes up to about `bytes` of memory for the shapes of links. Must be created after the metrics recorder is installed.
    pub fn new(bytes: u64) -> Self {
        let shards = thread::available_parallelism().map_or(1, usize::from) * 2 + 2;
        Self(Some(Arc::new(Inner {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            budget: Budget::new(bytes),
            counted: metrics::counter!("portal_visits_total"),
            merged: metrics::counter!("portal_visits_merged_total"),
        })))
    }

    /// Counts nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// Counts a visit that resolved so, unless its instance counts none.
    pub fn count(&self, stored: &StoredInstance, visit: Visit<'_>, resolution: &Resolution<'_>) {
        let Some(inner) = self.0.as_deref().filter(|_| stored.visits_counted) else { return };
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let counted = CountedVisit::of(&stored.instance, visit, resolution);
        inner.count(stored.id, counted, seconds.try_into().unwrap_or(i64::MAX));
    }
}

impl Inner {
    fn count(&self, instance: i64, visit: CountedVisit<'_>, seconds: i64) {
        self.counted.increment(1);
        let (hour, tally) = (InstanceHour::of(instance, seconds), Tally::one(seconds));
        let is_kept = self.with_free_shard(|shard| shard.add(hour, visit, tally, &self.budget));
        if !is_kept {
            self.merged.increment(1);
        }
    }

    /// Hands on a shard that nobody uses at this moment. A thread begins with its own.
    fn with_free_shard<T>(&self, work: impl FnOnce(&mut Counts) -> T) -> T {
        /// The next thread's shard.
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static OWN: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        let own = OWN.get();
        for shard in (0..self.shards.len()).cycle().filter_map(|n| self.shards.get((own + n) % self.shards.len())) {
            match shard.try_lock() {
                Ok(mut counts) => return work(&mut counts),
                // No panic can leave it half changed.
                Err(TryLockError::Poisoned(poisoned)) => return work(&mut poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        unreachable!("the shards go round")
    }

    /// Takes everything that was counted.
    fn take(&self) -> Counts {
        let mut all = Counts::default();
        for shard in &self.shards {
            let counts = std::mem::take(&mut *shard.lock().unwrap_or_else(PoisonError::into_inner));
            all.merge(counts, &self.budget);
        }
        all
    }
}

/// Whether a request is a visit.
pub(super) fn is_visit(query: &str, headers: &HeaderMap) -> bool {
    !is_preview(query) && !is_prefetch(headers)
}

/// Whether a query says `preview=1`: nobody is sent on.
pub(super) fn is_preview(query: &str) -> bool {
    query.contains("preview=1") && url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "preview" && value == "1")
}

/// The headers that say what a browser fetches something for.
pub(super) const PURPOSES: [&str; 2] = ["sec-purpose", "purpose"];

/// Whether a browser fetches ahead of its user, who may never see it.
pub(super) fn is_prefetch(headers: &HeaderMap) -> bool {
    PURPOSES.iter().any(|name| headers.get(*name).and_then(|value| value.to_str().ok()).is_some_and(|purpose| purpose.contains("prefetch")))
}
