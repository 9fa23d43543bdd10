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
    set local idle_in_transaction_session_timeout = '1s'; set local synchronous_commit = local";

/// The same for what a server notes by itself, such as heartbeats and counts. It is on the disk, but no synchronous standby is waited for:
/// while that is away, a commit would wait without limit, since no timeout applies to it. A failover may lose the last of it.
const BEGIN_IN_BACKGROUND: &str = "begin; set local lock_timeout = '2s'; set local statement_timeout = '10s'; \
    set local idle_in_transaction_session_timeout = '15s'; set local synchronous_commit = local";

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

/// Begins a transaction for what the server notes by itself and may lose in a failover.
///
/// # Errors
/// The pool has no connection in time, or PostgreSQL.
pub async fn begin_in_background(pool: &PgPool) -> sqlx::Result<PgTransaction<'static>> {
    pool.begin_with(BEGIN_IN_BACKGROUND).await
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
    Timed(pool, BEGIN)
}

/// Runs one query over the pool that notes what may be lost in a failover, in a transaction of its own.
pub fn in_background(pool: &PgPool) -> Timed<'_> {
    Timed(pool, BEGIN_IN_BACKGROUND)
}

/// Runs one query over a connection, in a transaction of its own.
pub fn timed_on(connection: &mut PgConnection) -> TimedOn<'_> {
    TimedOn(connection, BEGIN)
}

/// Runs one query over a connection that notes what may be lost in a failover, in a transaction of its own.
pub fn in_background_on(connection: &mut PgConnection) -> TimedOn<'_> {
    TimedOn(connection, BEGIN_IN_BACKGROUND)
}

/// See [`timed`].
#[derive(Clone, Copy, Debug)]
pub struct Timed<'p>(&'p PgPool, &'static str);

/// See [`timed_on`].
#[derive(Debug)]
pub struct TimedOn<'c>(&'c mut PgConnection, &'static str);

type Answer<'e, T> = Pin<Box<dyn Future<Output = sqlx::Result<T>> + Send + 'e>>;
type Answers<'e, T> = Pin<Box<dyn Stream<Item = sqlx::Result<T>> + Send + 'e>>;

impl<'p> Executor<'p> for Timed<'_> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Answers<'e, Either<PgQueryResult, PgRow>>
    where
        E: 'q + Execute<'q, Postgres>,
    {
        let (pool, begin) = (self.0.clone(), self.1);
        // Every query has a limit, so its rows can be read before the transaction ends.
        let all = async move {
            let mut transaction = pool.begin_with(begin).await?;
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
        let (pool, begin) = (self.0.clone(), self.1);
        Box::pin(async move {
            let mut transaction = pool.begin_with(begin).await?;
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

impl<'c> Executor<'c> for TimedOn<'c> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Answers<'e, Either<PgQueryResult, PgRow>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let all = async move {
            let mut transaction = self.0.begin_with(self.1).await?;
            let rows = transaction.fetch_many(query).try_collect::<Vec<_>>().await;
            Ok::<_, sqlx::Error>(iter(ended(transaction, rows).await?).map(Ok))
        };
        Box::pin(once(all).try_flatten())
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> Answer<'e, Option<PgRow>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            let mut transaction = self.0.begin_with(self.1).await?;
            let row = transaction.fetch_optional(query).await;
            ended(transaction, row).await
        })
    }

    fn prepare_with<'e>(self, sql: sqlx::SqlStr, parameters: &'e [PgTypeInfo]) -> Answer<'e, PgStatement>
    where
        'c: 'e,
    {
        self.0.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: sqlx::SqlStr) -> Answer<'e, sqlx::Describe<Postgres>>
    where
        'c: 'e,
    {
        self.0.describe(sql)
    }
}

/// Ends a transaction on a connection. A pool would end a failed one when it gets its connection back. Here nobody else does, and until
/// then the connection gets no notifications.
async fn ended<T>(transaction: PgTransaction<'_>, answer: sqlx::Result<T>) -> sqlx::Result<T> {
    match answer {
        Ok(answer) => transaction.commit().await.map(|()| answer),
        Err(error) => transaction.rollback().await.and(Err(error)),
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
        let mut connection = pool.acquire().await.unwrap();
        assert_eq!(setting().fetch_one(timed_on(&mut connection)).await.unwrap(), "2s");
        assert_eq!(setting().fetch_all(timed_on(&mut connection)).await.unwrap(), ["2s"]);
        assert_eq!(setting().fetch_one(&mut *connection).await.unwrap(), "0");
        drop(connection);
        // A pooler gives the same connection to somebody else.
        assert_eq!(setting().fetch_one(&pool).await.unwrap(), "0");
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn a_query_that_fails_on_a_connection_leaves_no_transaction_open(pool: PgPool) {
        let mut connection = pool.acquire().await.unwrap();
        let process: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(timed_on(&mut connection)).await.unwrap();
        sqlx::query("select 1 / 0").fetch_all(timed_on(&mut connection)).await.unwrap_err();
        sqlx::query("select 1 / 0").fetch_optional(timed_on(&mut connection)).await.unwrap_err();
        let state: String =
            sqlx::query_scalar("select state from pg_stat_activity where pid = $1").bind(process).fetch_one(&pool).await.unwrap();
        assert_eq!(state, "idle");
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
