//! Connections that stay open although nobody uses them: a new one costs as much as dozens of queries, and where many requests come at
//! once, all of them would wait for new ones.

use std::{convert::Infallible, iter, time::Duration};

use sqlx::{Connection, PgConnection, PgPool};
use tokio::time::{sleep, timeout};

use super::Database;
use crate::config::DEFAULT_DATABASE_CONNECTIONS;

/// How many connections are kept open. Requests take them in turn, so each has its queries prepared when many come at once.
const KEPT_OPEN: u32 = DEFAULT_DATABASE_CONNECTIONS;

/// How long opening one may take. Requests can't have the idle ones meanwhile.
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

/// Opens connections until enough are open. Returns whether they are: PostgreSQL may not answer, or take no more.
async fn open(pool: &PgPool) -> bool {
    let wanted = KEPT_OPEN.min(pool.options().get_max_connections());
    let mut opened = Vec::new();
    while pool.size() < wanted {
        if !is_there_room(pool).await {
            return false;
        }
        // The pool opens no connection while it has an idle one.
        let idle: Vec<_> = iter::from_fn(|| pool.try_acquire()).collect();
        let connection = timeout(OPENING_TIMEOUT, pool.acquire()).await;
        drop(idle);
        let Ok(Ok(connection)) = connection else { return false };
        opened.push(connection);
    }
    true
}

/// Whether PostgreSQL takes one more connection. Where it does not, the pool would try again for a while, and requests would wait although
/// there are idle connections.
async fn is_there_room(pool: &PgPool) -> bool {
    match timeout(OPENING_TIMEOUT, PgConnection::connect_with(&pool.connect_options())).await {
        Ok(Ok(connection)) => connection.close().await.is_ok(),
        Ok(Err(_)) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{
        AssertSqlSafe,
        postgres::{PgConnectOptions, PgPoolOptions},
    };

    use super::*;

    /// How often it is tried: on a busy machine, opening a connection may take too long.
    const TRIES: usize = 20;

    fn with_limit(pool: &PgPool, limit: u32) -> PgPool {
        PgPoolOptions::new().max_connections(limit).connect_lazy_with(PgConnectOptions::clone(&pool.connect_options()))
    }

    async fn is_opened(pool: &PgPool) -> bool {
        for _ in 0..TRIES {
            if open(pool).await {
                return true;
            }
        }
        false
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn connections_are_open_before_anybody_needs_them(pool: PgPool) {
        for (limit, expected) in [(20, 10), (6, 6), (1, 1)] {
            let pool = with_limit(&pool, limit);
            assert!(is_opened(&pool).await && open(&pool).await);
            assert_eq!(pool.size(), expected, "{limit}");
        }
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn it_waits_for_no_connection_that_is_in_use_and_counts_the_idle_ones(pool: PgPool) {
        let pool = with_limit(&pool, 4);
        let (used, idle) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
        drop(idle);
        assert!(is_opened(&pool).await);
        assert_eq!(pool.size(), 4);
        drop(used);
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn where_postgresql_takes_no_more_it_takes_no_idle_one_from_requests(pool: PgPool) {
        let role = format!("few_{}", std::process::id());
        sqlx::raw_sql(AssertSqlSafe(format!("create role {role} login connection limit 2"))).execute(&pool).await.unwrap();
        let few =
            PgPoolOptions::new().max_connections(4).connect_lazy_with(PgConnectOptions::clone(&pool.connect_options()).username(&role));
        let both = (few.acquire().await.unwrap(), few.acquire().await.unwrap());
        assert!(!is_there_room(&few).await);
        drop(both);
        assert!(!open(&few).await);
        assert_eq!(few.size(), 2);
        few.close().await;
        sqlx::raw_sql(AssertSqlSafe(format!("drop role {role}"))).execute(&pool).await.unwrap();
    }
}
