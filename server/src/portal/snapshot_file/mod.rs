//! What is in memory, kept in a file as well: a server that starts while the database is down serves what it last knew.

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

use app::{database::StoreError, instances::stored::StoredInstance};
use time::OffsetDateTime;

use super::snapshot::Snapshots;

/// How often the file is written at most.
const ROUND: Duration = Duration::from_secs(5);

/// After how long it is written although nothing has changed, so that it says that this is still so.
const STILL_SO: Duration = Duration::from_mins(1);

/// Keeps a server's snapshot file.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    snapshots: Snapshots,
    path: Arc<PathBuf>,
    /// Of when it is what was read at the start, and what that was.
    as_of: Option<OffsetDateTime>,
    began: OffsetDateTime,
    read: Arc<Vec<i64>>,
    written: Arc<Mutex<Written>>,
}

/// What the file holds.
#[derive(Debug, Default)]
struct Written {
    /// Keys and versions, in order.
    versions: Vec<(i64, i64)>,
    as_of: Option<OffsetDateTime>,
    /// Why it could not be written the last time.
    said: String,
}

impl Keeper {
    /// Reads the file into memory, where there is one. One that can't be read is named in the log and left alone.
    pub(crate) fn open(path: PathBuf, snapshots: Snapshots) -> Self {
        let (mut as_of, mut read) = (None, Vec::new());
        match file::read(&path) {
            Ok(Some(known)) => {
                as_of = Some(known.as_of);
                read = known.instances.iter().map(|stored| stored.id).collect();
                known.instances.into_iter().for_each(|stored| snapshots.take(stored));
            }
            Ok(None) => {}
            Err(error) => tracing::warn!("the snapshot file {} is left alone: {error}", path.display()),
        }
        Self { snapshots, path: Arc::new(path), as_of, began: OffsetDateTime::now_utc(), read: Arc::new(read), written: Arc::default() }
    }

    /// Of when it is what was read; `None` where nothing was.
    pub(crate) fn as_of(&self) -> Option<OffsetDateTime> {
        self.as_of
    }

    /// How many instances were read.
    pub(crate) fn count(&self) -> usize {
        self.read.len()
    }

    /// Puts what the database has in the place of what was read: that may come from another database, or from after a backup that
    /// was put back, and then its versions say nothing.
    ///
    /// # Errors
    /// PostgreSQL, or the way to it. What was read stays.
    pub(crate) async fn compare(&self) -> Result<(), StoreError> {
        self.snapshots.believe(&self.read).await
    }

    /// Writes the file whenever something has changed, for ever.
    pub(crate) async fn run(&self) -> Infallible {
        loop {
            tokio::time::sleep(ROUND).await;
            self.keep(false).await;
        }
    }

    /// Writes the file if something has changed; at the end, also to say that it was still so.
    pub(crate) async fn keep(&self, at_end: bool) {
        let keeper = self.clone();
        // Only one at a time, also where nobody waits for it any more.
        let _ = tokio::task::spawn_blocking(move || keeper.keep_now(at_end)).await;
    }

    fn keep_now(&self, at_end: bool) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let age = self.snapshots.health().age;
        // What visitors have made it load, before the listener has said anything, is not older than the process.
        let as_of = age.map_or(self.as_of.unwrap_or(self.began), |age| OffsetDateTime::now_utc() - age);
        let mut instances: Vec<Arc<StoredInstance>> = self.snapshots.all();
        instances.sort_unstable_by_key(|stored| stored.id);
        let versions: Vec<(i64, i64)> = instances.iter().map(|stored| (stored.id, stored.instance.version())).collect();
        let rest = if at_end { Duration::ZERO } else { STILL_SO };
        let is_still_so = written.as_of.is_some_and(|before| as_of <= before + rest);
        // Nothing in memory is no reason to forget what was known.
        if versions.is_empty() || versions == written.versions && is_still_so {
            return;
        }
        match file::write(&self.path, as_of, &instances) {
            Ok(()) => *written = Written { versions, as_of: Some(as_of), said: String::new() },
            Err(error) => {
                let reason = error.to_string();
                if reason != written.said {
                    tracing::warn!("the snapshot file {} can't be written: {reason}", self.path.display());
                    written.said = reason;
                }
            }
        }
    }
}
