//! The time that queries may take. Every transaction begins here, and a query outside of one gets its own. The limits hold for one
//! transaction, so a pooler in front of PostgreSQL can't lose them or pass them on to others.

use std::pin::Pin;

use futures_util::{
    Stream, StreamExt, TryStreamExt,
    stream::{iter, once},
};
use sqlx::{
    Connection, Either, Execute, Executor, PgConnection, PgPool, PgTransaction, Postgres,
    postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};

/// Begins a transaction. A lock that somebody holds is waited for 2 s, a statement may take 10 s, and a transaction whose server waits for
/// something else ends after 15 s: less than a request may take, so that the page can still say what happened.
const BEGIN: &str = "begin; set local lock_timeout = '2s'; set local statement_timeout = '10s'; \
    set local idle_in_transaction_session_timeout = '15s'";

/// The same for work that can be left out: its request waits for half a second at most.
const BEGIN_BRIEFLY: &str = "begin; set local lock_timeout = '200ms'; set local statement_timeout = '400ms'; \
    set local idle_in_transaction_session_timeout = '1s'";

/// Begins a transaction.
///
/// # Errors
/// The pool has no connection in time, or PostgreSQL.
pub async fn begin(pool: &PgPool) -> sqlx::Result<PgTransaction<'static>> {
    pool.begin_with(BEGIN).await
}

/// Begins a transaction for work that can be left out.
///
/// # Errors
/// The pool has no connection in time, or PostgreSQL.
pub async fn begin_briefly(pool: &PgPool) -> sqlx::Result<PgTransaction<'static>> {
    pool.begin_with(BEGIN_BRIEFLY).await
}

/// Begins a transaction on a connection.
///
/// # Errors
/// PostgreSQL, or the connection to it.
pub async fn begin_on(connection: &mut PgConnection) -> sqlx::Result<PgTransaction<'_>> {
    connection.begin_with(BEGIN).await
}

/// Runs one query over the pool, in a transaction of its own.
pub fn timed(pool: &PgPool) -> Timed<'_> {
    Timed(pool)
}

/// See [`timed`].
#[derive(Clone, Copy, Debug)]
pub struct Timed<'p>(&'p PgPool);

type Answer<'e, T> = Pin<Box<dyn Future<Output = sqlx::Result<T>> + Send + 'e>>;
type Answers<'e, T> = Pin<Box<dyn Stream<Item = sqlx::Result<T>> + Send + 'e>>;

impl<'p> Executor<'p> for Timed<'_> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Answers<'e, Either<PgQueryResult, PgRow>>
    where
        E: 'q + Execute<'q, Postgres>,
    {
        let pool = self.0.clone();
        // Every query has a limit, so its rows can be read before the transaction ends.
        let all = async move {
            let mut transaction = begin(&pool).await?;
            let rows: Vec<_> = transaction.fetch_many(query).try_collect().await?;
            transaction.commit().await?;
            Ok::<_, sqlx::Error>(iter(rows).map(Ok))
        };
        Box::pin(once(all).try_flatten())
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> Answer<'e, Option<PgRow>>
    where
        E: 'q + Execute<'q, Postgres>,
    {
        let pool = self.0.clone();
        Box::pin(async move {
            let mut transaction = begin(&pool).await?;
            let row = transaction.fetch_optional(query).await?;
            transaction.commit().await?;
            Ok(row)
        })
    }

    fn prepare_with<'e>(self, sql: sqlx::SqlStr, parameters: &'e [PgTypeInfo]) -> Answer<'e, PgStatement>
    where
        'p: 'e,
    {
        let pool = self.0.clone();
        Box::pin(async move { pool.acquire().await?.prepare_with(sql, parameters).await })
    }

    fn describe<'e>(self, sql: sqlx::SqlStr) -> Answer<'e, sqlx::Describe<Postgres>>
    where
        'p: 'e,
    {
        let pool = self.0.clone();
        Box::pin(async move { pool.acquire().await?.describe(sql).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[sqlx::test(migrations = "../migrations")]
    async fn a_query_waits_for_a_lock_only_as_long_as_its_own_transaction_says(pool: PgPool) {
        let setting = || sqlx::query_scalar::<_, String>("select current_setting('lock_timeout')");
        assert_eq!(setting().fetch_one(timed(&pool)).await.unwrap(), "2s");
        assert_eq!(setting().fetch_all(timed(&pool)).await.unwrap(), ["2s"]);
        assert_eq!(setting().fetch_one(&mut *begin(&pool).await.unwrap()).await.unwrap(), "2s");
        // A pooler gives the same connection to somebody else.
        assert_eq!(setting().fetch_one(&pool).await.unwrap(), "0");
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn what_a_query_writes_is_stored(pool: PgPool) {
        sqlx::query("create table written (id bigint)").execute(timed(&pool)).await.unwrap();
        let id: i64 = sqlx::query_scalar("insert into written values (7) returning id").fetch_one(timed(&pool)).await.unwrap();
        let stored: Vec<i64> = sqlx::query_scalar("select id from written").fetch_all(&pool).await.unwrap();
        assert_eq!(stored, [id]);
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn a_locked_table_ends_the_query_and_the_connection_can_be_used_again(pool: PgPool) {
        let mut holder = pool.begin().await.unwrap();
        sqlx::query("lock table instances in access exclusive mode").execute(&mut *holder).await.unwrap();
        let error = sqlx::query("select id from instances").fetch_all(timed(&pool)).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("55P03"), "lock_not_available");
        holder.rollback().await.unwrap();
        assert!(sqlx::query("select id from instances").fetch_all(timed(&pool)).await.unwrap().is_empty());
    }
}
