//! The parsed instances, bounded in bytes. Each is kept by the compact instance that it was parsed from, so that nobody ever finds that of
//! an earlier save. This list limits how many there are: an instance that is requested less loses its parsed form, and is parsed again when needed.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{compact_instance::CompactInstance, memory::Snapshot, memory_size::parsed_size};

/// How many recently used ones are passed over before the next is dropped in any case.
const MAX_STAYS: usize = 32;

/// The compact instances that keep what was parsed, the longest kept one first.
#[derive(Debug)]
pub(super) struct ParsedInstances {
    max_bytes: u64,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    kept: VecDeque<Kept>,
    bytes: u64,
}

/// A compact instance that may be gone by now, and how many bytes were parsed.
#[derive(Debug)]
struct Kept {
    compact: Weak<CompactInstance>,
    bytes: u32,
}

impl ParsedInstances {
    /// Takes up to about that many bytes.
    pub(super) fn new(max_bytes: u64) -> Self {
        Self { max_bytes, queue: Mutex::default() }
    }

    /// The instance, which is parsed if that was not kept.
    pub(super) fn of(&self, compact: &Arc<CompactInstance>) -> Option<Snapshot> {
        compact.parsed().or_else(|| {
            let parsed = compact.parse()?;
            self.keep(compact, &parsed);
            Some(parsed)
        })
    }

    /// Keeps what was parsed of `compact`, and drops others that are used less.
    pub(super) fn keep(&self, compact: &Arc<CompactInstance>, parsed: &Snapshot) {
        if !compact.keep_parsed(parsed) {
            return;
        }
        let bytes = parsed_size(parsed);
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.kept.push_back(Kept { compact: Arc::downgrade(compact), bytes });
        queue.bytes += u64::from(bytes);
        let mut stays = 0;
        while queue.bytes > self.max_bytes
            && let Some(kept) = queue.kept.pop_front()
        {
            match kept.compact.upgrade() {
                Some(compact) if stays < MAX_STAYS && compact.take_used() => {
                    stays += 1;
                    queue.kept.push_back(kept);
                    continue;
                }
                Some(compact) => compact.drop_parsed(),
                None => {}
            }
            queue.bytes -= u64::from(kept.bytes);
        }
    }

    /// How many bytes were parsed and are still kept.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> u64 {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }
}
