//! Stores the counted visits every 10 seconds, in batches. A batch whose answer is lost is sent again until PostgreSQL says that it is
//! stored, and is added once. While PostgreSQL is gone, counting goes on.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, SystemTime},
};

use app::{
    database::log_failure,
    insight::store::{Count, add, compact},
};
use metrics::Counter;
use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::{
    Inner, VisitCounter,
    counts::{Counts, size_of_shape},
};
use crate::observe::sampled::Sampled;

/// How often counts are stored. A server that is killed loses no more than this.
pub(super) const FLUSH_INTERVAL: Duration = Duration::from_secs(10);

/// How often old hours become days.
const COMPACT_INTERVAL: Duration = Duration::from_hours(1);

/// How soon more of them do, if there may be more.
const COMPACT_PAUSE: Duration = Duration::from_millis(100);

/// About how many counts one batch holds.
const BATCH: usize = 4_000;

/// The counts are still in memory.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NotStored(#[from] sqlx::Error);

/// Stores what was counted.
#[derive(Debug)]
pub struct Flusher {
    counter: Option<Arc<Inner>>,
    pool: PgPool,
    keep_days: u32,
    /// Names this process in the database.
    process: Uuid,
    /// The number of the last batch.
    batch: i64,
    /// The batch that may or may not be stored.
    in_flight: Vec<Count>,
    pending: Counts,
    failed: Sampled,
    merged: Counter,
}

impl Flusher {
    /// Stores what `counter` counts, and keeps it for `keep_days`.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn new(counter: &VisitCounter, pool: PgPool, keep_days: u32) -> anyhow::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
        Ok(Self {
            counter: counter.0.clone(),
            pool,
            keep_days,
            process: Uuid::from_bytes(bytes),
            batch: 0,
            in_flight: Vec::new(),
            pending: Counts::default(),
            failed: Sampled::new(),
            merged: metrics::counter!("portal_visits_merged_total"),
        })
    }

    /// Stores counts until it is dropped.
    pub async fn run(&mut self) -> Infallible {
        let (mut flushes, mut compactions) = (interval(FLUSH_INTERVAL), interval(COMPACT_INTERVAL));
        flushes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        compactions.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = flushes.tick() => {
                    if let Err(error) = self.flush().await {
                        self.failed.note(|times| tracing::warn!(%error, times, "counted visits can't be stored; they stay in memory"));
                    }
                }
                _ = compactions.tick() => {
                    match compact(&self.pool, self.keep_days).await {
                        // Counts are stored in between.
                        Ok(true) => compactions.reset_after(COMPACT_PAUSE),
                        Ok(false) => {}
                        Err(error) => log_failure(&error, "old counts of visits stay as they are for now"),
                    }
                }
            }
        }
    }

    /// Stores everything that was counted before.
    ///
    /// # Errors
    /// PostgreSQL did not say that a batch is stored. It is sent again by the next flush.
    pub async fn flush(&mut self) -> Result<(), NotStored> {
        let Some(inner) = self.counter.clone() else { return Ok(()) };
        // It may be stored already, so it is sent as it was.
        self.send(&inner).await?;
        // Only now: what is counted while PostgreSQL is gone is bounded where it is counted. And only once: with many visits, there would
        // always be more.
        self.pending.merge(inner.take(), &inner.budget);
        while !self.pending.is_empty() {
            self.in_flight = self.pending.take(BATCH);
            self.batch += 1;
            self.send(&inner).await?;
        }
        if let Ok(now) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            // Only now: before its first value, a gauge is 0.
            metrics::gauge!("portal_visits_flushed_timestamp_seconds").set(now.as_secs_f64());
        }
        Ok(())
    }

    /// Stores the batch in flight, if there is one.
    async fn send(&mut self, inner: &Inner) -> sqlx::Result<()> {
        if self.in_flight.is_empty() {
            return Ok(());
        }
        let merged = add(&self.pool, self.process, self.batch, &self.in_flight).await?;
        self.merged.increment(merged);
        let bytes = self.in_flight.iter().filter_map(|count| count.visit.as_ref()).map(size_of_shape).sum();
        inner.budget.give_back(bytes);
        self.in_flight.clear();
        Ok(())
    }
}
