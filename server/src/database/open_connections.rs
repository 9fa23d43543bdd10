//! Connections that stay open although nobody uses them: a new one costs as much as dozens of queries, and where many requests come at
//! once, all of them would wait for new ones.

use std::{convert::Infallible, iter, time::Duration};

use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::time::{sleep, timeout};

use super::Database;
use crate::config::DEFAULT_DATABASE_CONNECTIONS;

/// How many connections are kept open. Requests take them in turn, so each has its queries prepared when many come at once.
const KEPT_OPEN: u32 = DEFAULT_DATABASE_CONNECTIONS;

/// How long opening them may take. Requests can't have the idle ones meanwhile.
const OPENING_TIMEOUT: Duration = Duration::from_millis(500);

/// The time between two looks. The pool closes what has not been used for ten minutes.
const INTERVAL: Duration = Duration::from_mins(1);

impl Database {
    /// Keeps connections of the pool open, for as long as it runs.
    pub async fn keep_connections_open(&self) -> Infallible {
        loop {
            open(&self.pool).await;
            sleep(INTERVAL).await;
        }
    }
}

/// Opens connections if too few are open. While PostgreSQL does not answer, it opens none.
async fn open(pool: &PgPool) {
    let missing = KEPT_OPEN.min(pool.options().get_max_connections()).saturating_sub(pool.size());
    if missing > 0 {
        // The pool opens no connection while it has an idle one.
        let idle: Vec<_> = iter::from_fn(|| pool.try_acquire()).collect();
        let opened = timeout(OPENING_TIMEOUT, join_all((0..missing).map(|_| pool.acquire()))).await;
        drop((idle, opened));
    }
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

    use super::*;

    #[sqlx::test(migrations = "../migrations")]
    async fn connections_are_open_before_anybody_needs_them(pool: PgPool) {
        for (limit, expected) in [(20, 10), (6, 6), (1, 1)] {
            let pool = PgPoolOptions::new().max_connections(limit).connect_lazy_with(PgConnectOptions::clone(&pool.connect_options()));
            // On a busy machine it takes more than one look.
            while pool.size() < expected {
                open(&pool).await;
            }
            open(&pool).await;
            assert_eq!(pool.size(), expected, "{limit}");
        }
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn it_waits_for_no_connection_that_is_in_use(pool: PgPool) {
        let pool = PgPoolOptions::new().max_connections(3).connect_lazy_with(PgConnectOptions::clone(&pool.connect_options()));
        let used = pool.acquire().await.unwrap();
        while pool.size() < 3 {
            open(&pool).await;
        }
        assert!(pool.acquire().await.is_ok());
        drop(used);
    }
}
