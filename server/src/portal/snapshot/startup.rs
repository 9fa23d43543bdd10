//! How the server has started, for `/readyz`.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use time::OffsetDateTime;

/// How the server has started: with a database that was ready, unless it says otherwise.
#[derive(Debug, Default)]
pub(crate) struct Startup {
    waits_for_database: AtomicBool,
    snapshot_file_as_of: OnceLock<OffsetDateTime>,
}

impl Startup {
    /// The server listens before its database is ready.
    pub(crate) fn wait_for_database(&self) {
        self.waits_for_database.store(true, Ordering::Relaxed);
    }

    /// The database is ready.
    pub(crate) fn database_is_ready(&self) {
        self.waits_for_database.store(false, Ordering::Relaxed);
    }

    /// Whether the database is not ready yet.
    pub(crate) fn waits_for_database(&self) -> bool {
        self.waits_for_database.load(Ordering::Relaxed)
    }

    /// The server has read a snapshot file of that time.
    pub(crate) fn read_snapshot_file(&self, as_of: OffsetDateTime) {
        // It starts only once.
        let _ = self.snapshot_file_as_of.set(as_of);
    }

    /// The time of the snapshot file that the server has read.
    pub(crate) fn snapshot_file_as_of(&self) -> Option<OffsetDateTime> {
        self.snapshot_file_as_of.get().copied()
    }
}
