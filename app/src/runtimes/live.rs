//! Which runtimes serve the stored version of an instance.

use crate::database::timed;
use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use super::store::live_status;

/// How long a page waits after a save until every runtime serves the new version.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(1);

/// How often it looks meanwhile.
const SETTLE_INTERVAL: Duration = Duration::from_millis(50);

/// How long a runtime may be silent, in seconds. One that works sends a heartbeat at least every 30 s, and may take 10 s for it.
const MAX_SILENT_SECONDS: i64 = 40;

/// An instance's stored version, and what each active runtime serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveStatus {
    /// The stored version.
    pub version: i64,
    /// Whether it was stored a moment ago, so that runtimes may be about to serve it.
    pub is_new: bool,
    /// The active runtimes, the one that has run longest first.
    pub runtimes: Vec<RuntimeStatus>,
}

/// What a runtime has reported about an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeStatus {
    /// The random id that the runtime made at its start.
    pub id: String,
    /// `all` or `portal`.
    pub role: String,
    /// The version that it reported; `None` if nobody has asked it for the instance yet.
    pub version: Option<i64>,
    /// Whether it serves the stored version.
    pub is_live: bool,
    /// The seconds since its last heartbeat.
    pub seconds_since_heartbeat: i64,
}

impl LiveStatus {
    /// How many runtimes serve the stored version. What a silent one serves is unknown.
    pub fn live_count(&self) -> usize {
        self.runtimes.iter().filter(|runtime| runtime.is_live && !runtime.is_silent()).count()
    }

    /// How many runtimes serve another version and are heard, so that they will follow.
    pub fn following_count(&self) -> usize {
        self.runtimes.iter().filter(|runtime| !runtime.is_live && !runtime.is_silent()).count()
    }

    /// The runtimes that have been silent for longer than they may be.
    pub fn silent(&self) -> impl Iterator<Item = &RuntimeStatus> {
        self.runtimes.iter().filter(|runtime| runtime.is_silent())
    }

    /// Whether every active runtime serves the stored version.
    pub fn is_live_everywhere(&self) -> bool {
        self.live_count() == self.runtimes.len()
    }

    /// Whether the runtimes that are behind are likely to follow within a moment.
    fn is_settling(&self) -> bool {
        self.is_new && self.following_count() > 0
    }
}

impl RuntimeStatus {
    /// Whether it has sent no heartbeat for so long that it has probably ended, or can't reach the database.
    pub fn is_silent(&self) -> bool {
        self.seconds_since_heartbeat > MAX_SILENT_SECONDS
    }
}

/// The status of an instance. If its version was stored a moment ago, it waits up to a second until every runtime serves it. `None`
/// if there is no such instance.
///
/// # Errors
/// The query fails.
pub async fn wait_until_live(pool: &PgPool, instance: i64) -> sqlx::Result<Option<LiveStatus>> {
    let deadline = Instant::now() + SETTLE_TIMEOUT;
    loop {
        let found = live_status(timed(pool), instance).await?;
        if Instant::now() >= deadline || found.as_ref().is_none_or(|found| !found.is_settling()) {
            return Ok(found);
        }
        sleep(SETTLE_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_that_is_new_and_not_live_everywhere_is_waited_for() {
        let runtime =
            |is_live| RuntimeStatus { id: String::new(), role: String::new(), version: None, is_live, seconds_since_heartbeat: 0 };
        let status =
            |is_new, runtimes: &[bool]| LiveStatus { version: 3, is_new, runtimes: runtimes.iter().map(|live| runtime(*live)).collect() };
        assert!(status(true, &[true, false]).is_settling());
        assert!(!status(false, &[true, false]).is_settling());
        assert!(!status(true, &[true, true]).is_settling());
        assert!(!status(true, &[]).is_settling());
        let silent = RuntimeStatus { seconds_since_heartbeat: 41, ..runtime(false) };
        assert!(!LiveStatus { version: 3, is_new: true, runtimes: vec![silent] }.is_settling(), "nobody knows when it is heard again");
    }
}
