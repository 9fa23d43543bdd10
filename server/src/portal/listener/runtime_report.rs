//! What a runtime reports to the database about itself. If it can't, as with a read-only database, it logs that once, and visitors
//! are served all the same.

use std::time::Duration;

use app::{
    database::in_background_on,
    runtimes::{
        Runtime, ServedSave,
        store::{self, Database},
    },
};
use metrics::histogram;
use sqlx::PgConnection;

/// Reports which versions one runtime serves.
#[derive(Debug)]
pub(super) struct RuntimeReport {
    runtime: Runtime,
    has_warned: bool,
}

impl RuntimeReport {
    pub(super) fn new(runtime: Runtime) -> Self {
        Self { runtime, has_warned: false }
    }

    pub(super) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Reports that the runtime runs and serves everything that was committed to that database well before it was
    /// read. Deletes runtimes that are gone.
    ///
    /// # Errors
    /// The connection to PostgreSQL.
    pub(super) async fn send_heartbeat(&mut self, connection: &mut PgConnection, caught_up: &Database) -> sqlx::Result<()> {
        let reported = async {
            store::record_heartbeat(in_background_on(connection), &self.runtime, caught_up).await?;
            store::delete_stale(in_background_on(connection)).await
        };
        let reported = reported.await;
        self.tolerate_refusal(reported)
    }

    /// Reports that these saves are served, and measures how long those took to get here that have been served from memory for a known time.
    ///
    /// # Errors
    /// The connection to PostgreSQL.
    pub(super) async fn acknowledge(
        &mut self,
        connection: &mut PgConnection,
        served: &[ServedSave],
        served_for: impl Fn(i64) -> Option<Duration>,
    ) -> sqlx::Result<()> {
        let reported = store::acknowledge(in_background_on(connection), &self.runtime, served).await.map(|reported| {
            for (reported, served_for) in reported.iter().filter_map(|reported| Some((reported, served_for(reported.instance)?))) {
                histogram!("portal_propagation_seconds").record((reported.after - served_for.as_secs_f64()).max(0.0));
            }
        });
        self.tolerate_refusal(reported)
    }

    /// Logs it if PostgreSQL refuses a report, which is no reason to start over.
    fn tolerate_refusal(&mut self, reported: sqlx::Result<()>) -> sqlx::Result<()> {
        match reported {
            Err(error @ sqlx::Error::Database(_)) => {
                if !std::mem::replace(&mut self.has_warned, true) {
                    tracing::warn!(%error, "this runtime can't report which versions it serves, so the dashboard does not list it");
                }
                Ok(())
            }
            other => other,
        }
    }
}
