//! The status of the snapshots, for `/readyz` and the metrics: how many there are, and how up to date they are.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use metrics::gauge;

/// The status of the snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotStatus {
    /// Whether the listener has a connection to PostgreSQL.
    pub connected: bool,
    /// Whether notifications arrive over it.
    pub hears: bool,
    /// How long ago PostgreSQL last answered or sent a notification; `None` if it never did. Whatever was saved before that is served.
    pub age: Option<Duration>,
    /// How many instances are in memory.
    pub entries: u64,
    /// How many bytes they take.
    pub bytes: u64,
}

impl SnapshotStatus {
    /// Writes it to the metrics. `running` is how long the process has run: so long it has waited for PostgreSQL, if that never answered.
    pub(super) fn record(&self, running: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "gauges are floats, and exact up to 2^53")]
        for (name, value) in [("portal_snapshot_entries", self.entries), ("portal_snapshot_bytes", self.bytes)] {
            gauge!(name).set(value as f64);
        }
        gauge!("portal_listener_connected").set(if self.hears { 1.0 } else { 0.0 });
        gauge!("portal_snapshot_age_seconds").set(self.age.unwrap_or(running).as_secs_f64());
    }
}

/// When PostgreSQL was last heard from.
#[derive(Debug)]
pub(super) struct PostgresContact {
    began: Instant,
    connected: AtomicBool,
    last: Mutex<Option<Instant>>,
}

impl Default for PostgresContact {
    fn default() -> Self {
        Self { began: Instant::now(), connected: AtomicBool::default(), last: Mutex::default() }
    }
}

impl PostgresContact {
    /// How long it has been looked for.
    pub(super) fn running(&self) -> Duration {
        self.began.elapsed()
    }

    /// PostgreSQL has answered or sent a notification: whatever was saved before `at` is served.
    pub(super) fn heard_from(&self, at: Instant) {
        self.connected.store(true, Ordering::Relaxed);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = last.map_or(Some(at), |before| Some(before.max(at)));
    }

    /// The connection to PostgreSQL is lost.
    pub(super) fn mark_disconnected(&self) {
        self.connected.store(false, Ordering::Relaxed);
    }

    /// Whether there is a connection to PostgreSQL.
    pub(super) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// How long ago PostgreSQL was last heard from.
    pub(super) fn age(&self) -> Option<Duration> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }
}
