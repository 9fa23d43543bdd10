//! An instance as it stays in memory: one text after the other, without what parsing makes of them. That takes a tenth of the memory.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use app::{instances::stored::StoredInstance, runtimes::ServedSave};

use super::{
    memory::{Moment, Snapshot},
    row::Row,
    slug_host_index::IndexKeys,
};
use crate::observe::sampled::Sampled;

/// Instances that can't be read from memory. That should never happen: this program has written them.
static UNREADABLE: Sampled = Sampled::new();

/// An instance in memory. It never changes: each save makes a new one.
#[derive(Debug)]
pub(in crate::portal) struct CompactInstance {
    /// The save that it is.
    pub(in crate::portal) save: ServedSave,
    /// When it was stored here: it had been read before.
    pub(super) since: Moment,
    /// What it is found by.
    pub(super) keys: IndexKeys,
    /// A [`Row`], in the format of `postcard`.
    row: Box<[u8]>,
    /// The same, parsed, while it is requested often.
    parsed: RwLock<Option<Snapshot>>,
    /// Whether `parsed` was used since [`Self::take_used`].
    is_used: AtomicBool,
}

impl CompactInstance {
    /// An instance that was read before `since`.
    ///
    /// # Errors
    /// It can't be written.
    pub(super) fn new(stored: &StoredInstance, since: Moment, keys: IndexKeys) -> Result<Self, postcard::Error> {
        let save = ServedSave { instance: stored.id, version: stored.instance.version(), save_id: stored.save_id };
        // A copy takes no more than it needs, and leaves no gap behind it.
        let row = postcard::to_allocvec(&Row::from(stored))?.as_slice().into();
        Ok(Self { save, since, keys, row, parsed: RwLock::default(), is_used: AtomicBool::new(false) })
    }

    /// How many bytes its texts take.
    pub(super) fn row_bytes(&self) -> usize {
        self.row.len()
    }

    /// Its texts.
    pub(in crate::portal) fn row(&self) -> Option<Row> {
        let unreadable = |error: &postcard::Error| log_unreadable(self.save.instance, error);
        postcard::from_bytes(&self.row).inspect_err(unreadable).ok()
    }

    /// Parses it.
    pub(super) fn parse(&self) -> Option<Snapshot> {
        self.row()?.read().inspect_err(|reason| log_unreadable(self.save.instance, reason)).map(Arc::new).ok()
    }

    /// What parsing it has returned, if that was kept.
    pub(super) fn parsed(&self) -> Option<Snapshot> {
        let parsed = self.parsed.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        // Reading does not take the cache line away from other threads.
        if !self.is_used.load(Ordering::Relaxed) {
            self.is_used.store(true, Ordering::Relaxed);
        }
        Some(parsed)
    }

    /// Keeps what parsing it has returned. Returns whether nothing was kept before.
    pub(super) fn keep_parsed(&self, parsed: &Snapshot) -> bool {
        let mut kept = self.parsed.write().unwrap_or_else(PoisonError::into_inner);
        let is_first = kept.is_none();
        if is_first {
            *kept = Some(Arc::clone(parsed));
        }
        is_first
    }

    /// Drops what parsing it has returned.
    pub(super) fn drop_parsed(&self) {
        *self.parsed.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether what was kept has been used since this was asked last.
    pub(super) fn take_used(&self) -> bool {
        self.is_used.swap(false, Ordering::Relaxed)
    }
}

/// Says why an instance can't be read from memory. It counts as one that is not there, and the database is asked.
pub(super) fn log_unreadable(id: i64, reason: &dyn std::fmt::Display) {
    UNREADABLE.note(|times| tracing::error!(times, "the instance {id} can't be read from memory: {reason}"));
}
