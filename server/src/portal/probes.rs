//! Liveness and readiness, for load balancers and service managers: `/healthz` and `/readyz`.

use std::{fmt, time::Duration};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::{observe::sampled::Sampled, portal::snapshot::Snapshots};

/// How long `/readyz` waits for the database. Many probes give up after a second.
const DATABASE_TIMEOUT: Duration = Duration::from_millis(700);

/// The path of the liveness probe.
pub(super) const HEALTH: &str = "/healthz";

/// The answer of a process that is alive.
pub(super) const ALIVE: &str = "ok\n";

/// The routes of both probes.
pub(crate) fn routes(snapshots: Snapshots) -> Router {
    Router::new().route(HEALTH, get(|| async { ALIVE })).route("/readyz", get(ready)).with_state(snapshots)
}

/// `GET /readyz`: ready; degraded (200 too) while the database does not answer but instances are in memory; or 503.
async fn ready(State(snapshots): State<Snapshots>) -> Response {
    let (status, startup) = (snapshots.status(), snapshots.startup());
    // After the listener has lost the database, a query could take the whole timeout.
    let is_lost = !status.connected && status.age.is_some();
    let answers = !is_lost && database_answers(snapshots.pool()).await;
    if answers && !startup.waits_for_database() {
        return "ready\n".into_response();
    }
    let why = if answers { "the database is not ready for this server; its log says why" } else { "PostgreSQL does not answer" };
    let entries = status.entries;
    if entries == 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{why}, and nothing is in memory\n")).into_response();
    }
    let since_snapshot_file = || Duration::try_from(OffsetDateTime::now_utc() - startup.snapshot_file_as_of()?).ok();
    let age = status.age.or_else(since_snapshot_file);
    format!("degraded: {why}; {}\n", InMemory { entries, age }).into_response()
}

/// Probes that found no database. Anybody may ask for them.
static UNAVAILABLE: Sampled = Sampled::new();

async fn database_answers(pool: &PgPool) -> bool {
    match tokio::time::timeout(DATABASE_TIMEOUT, app::instances::store::ping(pool)).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            UNAVAILABLE.note(|times| tracing::warn!(%error, times, "the database does not answer"));
            false
        }
        Err(_) => {
            UNAVAILABLE.note(|times| tracing::warn!(times, "the database does not answer in time"));
            false
        }
    }
}

/// What is served without the database, as a sentence.
struct InMemory {
    /// How many instances.
    entries: u64,
    /// How old they are, if that is known.
    age: Option<Duration>,
}

impl fmt::Display for InMemory {
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
    fn it_says_how_many_instances_are_served_and_how_old_they_are() {
        let sentence = |entries, age: Option<u64>| InMemory { entries, age: age.map(Duration::from_secs) }.to_string();
        assert_eq!(sentence(1, Some(0)), "1 instance is served as it was 0 s ago");
        assert_eq!(sentence(2, Some(12)), "2 instances are served as they were 12 s ago");
        assert_eq!(sentence(2, None), "2 instances are served");
    }
}
