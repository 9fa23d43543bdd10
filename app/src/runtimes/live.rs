//! Which runtimes serve the stored version of an instance.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use super::store::live_status;

/// How long a page waits after a save until every runtime serves the new version.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(1);

/// How often it looks meanwhile.
const SETTLE_INTERVAL: Duration = Duration::from_millis(50);

/// An instance's stored version, and what each active runtime serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveStatus {
    /// The stored version.
    pub version: i64,
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
    /// How many runtimes serve the stored version.
    pub fn live_count(&self) -> usize {
        self.runtimes.iter().filter(|runtime| runtime.is_live).count()
    }

    fn is_live_everywhere(&self) -> bool {
        self.runtimes.iter().all(|runtime| runtime.is_live)
    }
}

/// The status of an instance after a save. Waits up to a second until every runtime serves the stored version. `None` if there is
/// no such instance.
///
/// # Errors
/// The query fails.
pub async fn wait_until_live(pool: &PgPool, instance: i64) -> sqlx::Result<Option<LiveStatus>> {
    let deadline = Instant::now() + SETTLE_TIMEOUT;
    loop {
        let found = live_status(pool, instance).await?;
        if Instant::now() >= deadline || found.as_ref().is_none_or(LiveStatus::is_live_everywhere) {
            return Ok(found);
        }
        sleep(SETTLE_INTERVAL).await;
    }
}
