//! How the process is, for whoever sends visitors to it: `/healthz` says that it runs, `/readyz` what it answers with.

use std::{
    fmt,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::portal::snapshot::Snapshots;

/// How long the database may take to be taken as there: whoever asks may not wait longer than a second.
const PATIENCE: Duration = Duration::from_millis(700);

/// How a server has begun: with its database ready, unless it says otherwise.
#[derive(Debug, Default)]
pub(crate) struct Start {
    /// Whether it listens already, and the database is not ready yet.
    waits: AtomicBool,
    /// Of when it is what it began with.
    as_of: OnceLock<OffsetDateTime>,
}

impl Start {
    /// It listens before its database is ready.
    pub(crate) fn wait(&self) {
        self.waits.store(true, Ordering::Relaxed);
    }

    /// The database is ready.
    pub(crate) fn done(&self) {
        self.waits.store(false, Ordering::Relaxed);
    }

    /// It began with what was so at that time.
    pub(crate) fn began_with(&self, as_of: OffsetDateTime) {
        // It begins once.
        let _ = self.as_of.set(as_of);
    }
}

/// The routes of both.
pub(crate) fn routes(snapshots: Snapshots) -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready)).with_state(snapshots)
}

/// `GET /readyz`: ready, degraded (200 as well: what is warm is answered), or 503 where nothing is warm.
async fn ready(State(snapshots): State<Snapshots>) -> Response {
    let (health, start) = (snapshots.health(), snapshots.start());
    let waits = start.waits.load(Ordering::Relaxed);
    // What the listener has lost is not asked: that could take as long as it may.
    let is_lost = !health.connected && health.age.is_some();
    let answers = !is_lost && answers(snapshots.pool()).await;
    if answers && !waits {
        return "ready\n".into_response();
    }
    let why = if answers { "the database is not ready for this server; its log says why" } else { "PostgreSQL does not answer" };
    // The number of entries lags behind for a moment.
    let entries = if health.entries == 0 { snapshots.all().len() as u64 } else { health.entries };
    if entries == 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{why}, and nothing is in memory\n")).into_response();
    }
    let since_start = || Duration::try_from(OffsetDateTime::now_utc() - *start.as_of.get()?).ok();
    let age = health.age.or_else(since_start);
    format!("degraded: {why}; {}\n", Served { entries, age }).into_response()
}

async fn answers(pool: &PgPool) -> bool {
    let asked = tokio::time::timeout(PATIENCE, app::instances::store::ping(pool)).await;
    match asked {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database does not answer");
            false
        }
        Err(_) => {
            tracing::warn!("the database does not answer in time");
            false
        }
    }
}

/// What is served without the database, in words.
pub(crate) struct Served {
    /// How many instances.
    pub(crate) entries: u64,
    /// How old they are; `None` where that is not known.
    pub(crate) age: Option<Duration>,
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (noun, was) = if self.entries == 1 { ("instance is", "it was") } else { ("instances are", "they were") };
        write!(f, "{} {noun} served", self.entries)?;
        match self.age {
            Some(age) => write!(f, " as {was} {} s ago", age.as_secs()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_how_much_is_served_and_how_old_it_is() {
        let said = |entries, age: Option<u64>| Served { entries, age: age.map(Duration::from_secs) }.to_string();
        assert_eq!(said(1, Some(0)), "1 instance is served as it was 0 s ago");
        assert_eq!(said(2, Some(12)), "2 instances are served as they were 12 s ago");
        assert_eq!(said(2, None), "2 instances are served");
    }
}
