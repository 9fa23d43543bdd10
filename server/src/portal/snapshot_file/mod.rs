//! A file with the snapshots, so that a server that starts while the database is down serves what it last knew.

mod file;
mod format;
#[cfg(test)]
mod tests;

use std::{
    convert::Infallible,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::database::StoreError;
use time::OffsetDateTime;
use uuid::Uuid;

use super::snapshot::Snapshots;

/// How often the snapshots are compared with the file.
const WRITE_INTERVAL: Duration = Duration::from_secs(5);

/// After how long the file is written although nothing was saved, to update its time.
const UNCHANGED_INTERVAL: Duration = Duration::from_mins(1);

/// A server's snapshot file.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotFile {
    snapshots: Snapshots,
    path: Arc<PathBuf>,
    /// The time of the contents that were read at the start.
    as_of: Option<OffsetDateTime>,
    /// The keys of the instances that were read at the start.
    read: Arc<Vec<i64>>,
    started_at: OffsetDateTime,
    written: Arc<Mutex<Written>>,
}

/// What was written last.
#[derive(Debug, Default)]
struct Written {
    /// Keys and saves, by key.
    saves: Vec<(i64, Uuid)>,
    as_of: Option<OffsetDateTime>,
    /// The last error that was logged.
    logged: String,
}

impl SnapshotFile {
    /// Reads the file into the snapshots, if there is one. A file that can't be read is logged and ignored.
    pub(crate) fn open(path: PathBuf, snapshots: Snapshots) -> Self {
        let (mut as_of, mut read) = (None, Vec::new());
        match file::read(&path) {
            Ok(Some(contents)) => {
                as_of = Some(contents.as_of);
                read = contents.instances.iter().map(|stored| stored.id).collect();
                contents.instances.into_iter().for_each(|stored| snapshots.insert(stored));
            }
            Ok(None) => {}
            Err(error) => tracing::warn!("the snapshot file {} is ignored: {error}", path.display()),
        }
        let started_at = OffsetDateTime::now_utc();
        Self { snapshots, path: Arc::new(path), as_of, read: Arc::new(read), started_at, written: Arc::default() }
    }

    /// The time of the contents that were read; `None` if nothing was.
    pub(crate) fn as_of(&self) -> Option<OffsetDateTime> {
        self.as_of
    }

    /// How many instances were read.
    pub(crate) fn count(&self) -> usize {
        self.read.len()
    }

    /// Overwrites what was read with what the database has. The file may come from another database, or be newer than a restored
    /// backup, so its versions mean nothing.
    ///
    /// # Errors
    /// PostgreSQL, or the connection to it. What was read stays.
    pub(crate) async fn overwrite_from_database(&self) -> Result<(), StoreError> {
        self.snapshots.overwrite(&self.read).await
    }

    /// Writes the file whenever something has changed, until it is dropped.
    pub(crate) async fn run(&self) -> Infallible {
        loop {
            tokio::time::sleep(WRITE_INTERVAL).await;
            self.write(false).await;
        }
    }

    /// Writes the file if something has changed. At shutdown it also updates the file's time.
    pub(crate) async fn write(&self, at_shutdown: bool) {
        let file = self.clone();
        // The lock in `write_now` makes sure that only one runs at a time, even if this future is dropped.
        let _ = tokio::task::spawn_blocking(move || file.write_now(at_shutdown)).await;
    }

    fn write_now(&self, at_shutdown: bool) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let age = self.snapshots.status().age;
        // Instances that were loaded before the listener was connected are not older than the process.
        let as_of = age.map_or(self.as_of.unwrap_or(self.started_at), |age| OffsetDateTime::now_utc() - age);
        let mut instances = self.snapshots.in_memory();
        instances.sort_unstable_by_key(|compact| compact.save.instance);
        let saves: Vec<(i64, Uuid)> = instances.iter().map(|compact| (compact.save.instance, compact.save.save_id)).collect();
        let interval = if at_shutdown { Duration::ZERO } else { UNCHANGED_INTERVAL };
        let is_recent = written.as_of.is_some_and(|before| as_of <= before + interval);
        // An empty memory is no reason to empty the file.
        if saves.is_empty() || saves == written.saves && is_recent {
            return;
        }
        match file::write(&self.path, as_of, instances.iter().filter_map(|compact| compact.row())) {
            Ok(()) => *written = Written { saves, as_of: Some(as_of), logged: String::new() },
            Err(error) => {
                let reason = error.to_string();
                if reason != written.logged {
                    tracing::warn!("the snapshot file {} can't be written: {reason}", self.path.display());
                    written.logged = reason;
                }
            }
        }
    }
}
