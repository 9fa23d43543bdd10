//! Connections that stay open although nobody uses them: a new one costs as much as dozens of queries, and where many requests come at
//! once, all of them would wait for new ones.

use std::{convert::Infallible, time::Duration};

use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::time::sleep;

use super::Database;

/// How many connections are kept open: as many as a pool has by default. Requests take them in turn, so each has its queries prepared when
/// many come at once.
const KEPT_OPEN: u32 = 10;

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
    let count = KEPT_OPEN.min(pool.options().get_max_connections());
    if pool.size() < count {
        // At the same time: one after the other, the pool would return the same connection again.
        drop(join_all((0..count).map(|_| pool.acquire())).await);
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
            open(&pool).await;
            assert_eq!(pool.size(), expected, "{limit}");
            open(&pool).await;
            assert_eq!(pool.size(), expected, "{limit}");
        }
    }
}
