//! How fresh what is served is, for `/readyz` and the metrics.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use metrics::{Counter, counter, gauge};

/// How the memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether the listener has a connection to PostgreSQL.
    pub connected: bool,
    /// How long ago PostgreSQL was last heard from; `None` where it never was. What was saved before is served.
    pub age: Option<Duration>,
    /// How many instances are in memory.
    pub entries: u64,
    /// How many bytes they take.
    pub bytes: u64,
}

impl Health {
    /// Puts it into the metrics.
    pub(super) fn record(&self) {
        #[expect(clippy::cast_precision_loss, reason = "gauges are floats, and exact up to 2^53")]
        for (name, value) in [("portal_snapshot_entries", self.entries), ("portal_snapshot_bytes", self.bytes)] {
            gauge!(name).set(value as f64);
        }
        gauge!("portal_listener_connected").set(if self.connected { 1.0 } else { 0.0 });
        if let Some(age) = self.age {
            gauge!("portal_snapshot_age_seconds").set(age.as_secs_f64());
        }
    }
}

/// What the listener knows of PostgreSQL.
#[derive(Debug, Default)]
pub(super) struct Contact {
    connected: AtomicBool,
    heard: Mutex<Option<Instant>>,
}

impl Contact {
    /// PostgreSQL was heard from: what was saved before that moment is served.
    pub(super) fn heard(&self, at: Instant) {
        self.connected.store(true, Ordering::Relaxed);
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        *heard = heard.map_or(Some(at), |before| Some(before.max(at)));
    }

    /// PostgreSQL is lost.
    pub(super) fn lost(&self) {
        self.connected.store(false, Ordering::Relaxed);
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    pub(super) fn age(&self) -> Option<Duration> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }
}

/// How instances were looked for. The handles are kept, so that counting costs an addition.
#[derive(Clone)]
pub(super) struct Lookups {
    /// In memory.
    pub(super) hit: Counter,
    /// Loaded.
    pub(super) miss: Counter,
    /// There is none.
    pub(super) unknown: Counter,
    /// The database did not answer.
    pub(super) failed: Counter,
}

impl Lookups {
    /// To be made after whoever collects the metrics.
    pub(super) fn new() -> Self {
        let [hit, miss, unknown, failed] =
            ["hit", "miss", "unknown", "failed"].map(|result| counter!("portal_snapshot_lookups_total", "result" => result));
        Self { hit, miss, unknown, failed }
    }
}
