//! What a runtime says of itself in the database. That it can't, as where the database only reads, is said once: visitors are
//! served all the same.

use std::collections::BTreeMap;

use app::runtimes::{Runtime, store};
use metrics::histogram;
use sqlx::PgConnection;
use time::OffsetDateTime;

/// Reports what one runtime serves.
#[derive(Debug)]
pub(super) struct Report {
    runtime: Runtime,
    is_said: bool,
}

impl Report {
    pub(super) fn new(runtime: Runtime) -> Self {
        Self { runtime, is_said: false }
    }

    pub(super) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Says that the runtime is there and serves everything that was committed well before, and forgets those that are gone.
    ///
    /// # Errors
    /// The way to PostgreSQL.
    pub(super) async fn beat(&mut self, connection: &mut PgConnection, caught_up_at: OffsetDateTime) -> sqlx::Result<()> {
        let reported = async {
            store::beat(&mut *connection, &self.runtime, caught_up_at).await?;
            store::forget_gone(&mut *connection).await
        };
        let reported = reported.await;
        self.excuse(reported)
    }

    /// Says that nothing older than these versions is served, and measures for those in memory how long they took to get there.
    ///
    /// # Errors
    /// The way to PostgreSQL.
    pub(super) async fn acknowledge(
        &mut self,
        connection: &mut PgConnection,
        heard: &BTreeMap<i64, i64>,
        is_warm: impl Fn(i64) -> bool,
    ) -> sqlx::Result<()> {
        let (ids, versions): (Vec<i64>, Vec<i64>) = heard.iter().unzip();
        let reported = store::acknowledge(connection, &self.runtime, &ids, &versions).await.map(|reported| {
            for after in reported.iter().filter(|reported| is_warm(reported.instance)).filter_map(|reported| reported.after) {
                histogram!("portal_propagation_seconds").record(after.max(0.0));
            }
        });
        self.excuse(reported)
    }

    /// What PostgreSQL refuses is no reason to start over.
    fn excuse(&mut self, reported: sqlx::Result<()>) -> sqlx::Result<()> {
        match reported {
            Err(error @ sqlx::Error::Database(_)) => {
                if !std::mem::replace(&mut self.is_said, true) {
                    tracing::warn!(%error, "what this runtime serves can't be reported, so the dashboard does not know of it");
                }
                Ok(())
            }
            other => other,
        }
    }
}
