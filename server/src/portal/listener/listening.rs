//! Whether notifications arrive at all: not behind a pooler in transaction mode, and not from a read-only database.

use std::{future::Future, pin::Pin};

use sqlx::{Acquire, postgres::PgListener};
use tokio::time::{sleep, timeout};

use super::{ConnectionLost, Listener, store, with_timeout};
use crate::database::shares_processes;

/// Sends a notification and waits for as long as it may take to arrive. Returns whether it was sent.
pub(super) type Probe = Pin<Box<dyn Future<Output = bool> + Send>>;

impl Listener {
    /// Whether the connection leads to a pooler that gives it to others between two transactions. Then it must not listen.
    pub(super) async fn is_shared(&mut self, listener: &mut PgListener) -> Result<bool, ConnectionLost> {
        let connection = with_timeout(self.timing.step_timeout, listener.acquire()).await?;
        let is_shared = with_timeout(self.timing.step_timeout, shares_processes(&self.connector, connection)).await?;
        if is_shared {
            let source = self.connector.url().source();
            let why = format!(
                "{source} leads to a pooler in transaction mode, where notifications don't arrive; for them, set DATABASE_LISTEN_URL to a URL \
                 that leads directly to PostgreSQL"
            );
            self.warn_without_notifications(&why);
        }
        Ok(is_shared)
    }

    /// Starts to listen. Returns whether this database allows that: a read-only one does not.
    pub(super) async fn listen(&mut self, listener: &mut PgListener) -> Result<bool, ConnectionLost> {
        match with_timeout(self.timing.step_timeout, store::listen(listener, &self.probe_channel)).await {
            Ok(()) => Ok(true),
            Err(ConnectionLost::Database(sqlx::Error::Database(error))) => {
                self.warn_without_notifications(&format!("the database does not allow listening to notifications ({error})"));
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Sends a probe, to see whether notifications arrive at all.
    pub(super) fn probe(&self) -> Probe {
        let (pool, channel, timeout_after) = (self.snapshots.pool().clone(), self.probe_channel.clone(), self.timing.probe_timeout);
        Box::pin(async move {
            // A task of its own: it also ends its transaction if the notification arrives first, and this is dropped.
            let sending = tokio::spawn(timeout(timeout_after, async move { store::send_probe(&pool, &channel).await }));
            let is_sent = matches!(sending.await, Ok(Ok(Ok(()))));
            sleep(timeout_after).await;
            is_sent
        })
    }

    /// Says once that notifications don't arrive, and why.
    pub(super) fn warn_without_notifications(&mut self, why: &str) {
        if !std::mem::replace(&mut self.has_warned, true) {
            tracing::warn!("{why}: versions are read every {} instead", self.timing);
        }
    }
}

/// Waits until a probe has been sent and has had the time to arrive. Returns whether it was sent.
pub(super) async fn outcome_of(probe: &mut Option<Probe>) -> bool {
    match probe {
        Some(probe) => probe.await,
        None => std::future::pending().await,
    }
}
