//! A rate limit that all runtimes on one database count together. Each counts for itself too, so that a database that is slow or gone
//! neither lets everything through nor refuses everybody.

use std::{
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::rate_limits::{
    key_of,
    store::{Limit, give_back, take},
};
use sqlx::PgPool;
use tokio::time::timeout;

use super::rate_limit::{RateLimit, RateLimited};
use crate::observe::sampled::Sampled;

/// How long an attempt waits for the database.
const SHARED_TIMEOUT: Duration = Duration::from_millis(500);

/// How long the database is left alone after it did not answer.
const PAUSE: Duration = Duration::from_secs(5);

/// Attempts that found no database.
static ALONE: Sampled = Sampled::new();

/// How often something may be attempted in all runtimes together, by key.
#[derive(Debug)]
pub(crate) struct SharedRateLimit<Key> {
    name: &'static str,
    limit: Limit,
    local: RateLimit<Key>,
    pool: PgPool,
    /// Until when only this runtime counts.
    paused: Mutex<Option<Instant>>,
}

impl<Key: Clone + Eq + Hash> SharedRateLimit<Key> {
    /// Allows `burst` attempts at once, and one more after each `interval`. Runtimes count limits of the same name together.
    pub(crate) fn new(name: &'static str, burst: u32, interval: Duration, pool: PgPool) -> Self {
        Self { name, limit: Limit { burst, interval }, local: RateLimit::new(burst, interval), pool, paused: Mutex::default() }
    }

    /// Uses one attempt of that key.
    ///
    /// # Errors
    /// None is left.
    pub(crate) async fn take(&self, key: &Key) -> Result<(), RateLimited> {
        self.local.take(key)?;
        let (pool, shared, limit) = (self.pool.clone(), key_of(self.name, key), self.limit);
        let Some(Some(wait)) = self.ask(async move { take(&pool, &shared, limit).await }).await else { return Ok(()) };
        // It is refused, so it does not count here either.
        self.local.give_back(key);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few minutes at most, and never negative")]
        Err(RateLimited { seconds: wait as u64 + 1 })
    }

    /// Gives an attempt of that key back, which turned out to be none: the right password.
    pub(crate) async fn give_back(&self, key: &Key) {
        self.local.give_back(key);
        let (pool, shared, limit) = (self.pool.clone(), key_of(self.name, key), self.limit);
        self.ask(async move { give_back(&pool, &shared, limit).await }).await;
    }

    /// The database's answer, if it has one in time.
    async fn ask<T: Send + 'static>(&self, question: impl Future<Output = sqlx::Result<T>> + Send + 'static) -> Option<T> {
        if self.paused().is_some_and(|until| Instant::now() < until) {
            return None;
        }
        // A task of its own goes on to its end, so that its connection is whole when it returns to the pool.
        let error = match timeout(SHARED_TIMEOUT, tokio::spawn(question)).await {
            Ok(Ok(Ok(answer))) => return Some(answer),
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        ALONE.note(|times| {
            tracing::warn!(error, times, "attempts are counted by this runtime alone, as the database does not answer");
        });
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PAUSE);
        None
    }

    fn paused(&self) -> Option<Instant> {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One runtime's limit of three.
    fn limit(pool: &PgPool) -> SharedRateLimit<&'static str> {
        SharedRateLimit::new("test", 3, Duration::from_secs(30), pool.clone())
    }

    async fn taken(limit: &SharedRateLimit<&'static str>, key: &'static str) -> usize {
        let mut taken = 0;
        for _ in 0..10 {
            taken += usize::from(limit.take(&key).await.is_ok());
        }
        taken
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn two_runtimes_on_one_database_count_together(pool: PgPool) {
        let (one, two) = (limit(&pool), limit(&pool));
        assert_eq!(one.take(&"a").await, Ok(()));
        assert_eq!(taken(&two, "a").await, 2);
        assert!((1..=30).contains(&one.take(&"a").await.unwrap_err().seconds));
        one.give_back(&"a").await;
        assert_eq!(taken(&two, "a").await, 1);
        assert_eq!(taken(&one, "b").await, 3);
        assert_eq!(taken(&limit(&pool), "a").await, 0, "a restart gives nothing back");
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn with_a_locked_table_each_runtime_counts_for_itself(pool: PgPool) {
        let (one, two) = (limit(&pool), limit(&pool));
        let mut holder = pool.begin().await.unwrap();
        sqlx::query("lock table rate_limits in access exclusive mode").execute(&mut *holder).await.unwrap();
        assert_eq!((taken(&one, "a").await, taken(&two, "a").await), (3, 3), "neither nobody nor everybody");
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn without_a_database_each_runtime_counts_for_itself(pool: PgPool) {
        let one = limit(&pool);
        pool.close().await;
        assert_eq!(taken(&one, "a").await, 3);
    }
}
