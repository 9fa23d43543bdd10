//! The benchmark's databases, and the statements that PostgreSQL ran there.

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use crate::process::Postgres;

/// Creates a database with the schema, and returns a pool for it.
///
/// # Errors
/// PostgreSQL returns an error or can't be reached.
pub(crate) async fn create(postgres: &Postgres, name: &str) -> anyhow::Result<PgPool> {
    let mut connection = PgConnection::connect_with(&postgres.options("postgres")).await?;
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await?;
    let pool = PgPool::connect_with(postgres.options(name)).await?;
    sqlx::migrate!("../migrations").run(&pool).await?;
    Ok(pool)
}

/// Inserts this many instances, each with a fallback redirect: `app-1` and so on.
///
/// # Errors
/// PostgreSQL returns an error or can't be reached.
pub(crate) async fn fill(pool: &PgPool, instances: i32) -> anyhow::Result<()> {
    let domains = "insert into instances (slug, name, environment, domain, domain_typed, portal_origin, home_url)
        select 'app-' || n, 'App ' || n, 'production', 'app-' || n || '.example', 'app-' || n || '.example',
            'https://accounts.app-' || n || '.example', 'https://app-' || n || '.example/'
        from generate_series(1, $1) n";
    sqlx::query(domains).bind(instances).execute(pool).await?;
    sqlx::query("insert into fallback_redirects (instance_id, flow, value) select id, 'sign-in', '/welcome' from instances")
        .execute(pool)
        .await?;
    sqlx::raw_sql("create extension pg_stat_statements; analyze").execute(pool).await?;
    Ok(())
}

/// Resets the statistics of statements.
///
/// # Errors
/// PostgreSQL returns an error or can't be reached.
pub(crate) async fn reset(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::query("select pg_stat_statements_reset()").execute(pool).await?;
    Ok(())
}

/// The statements that ran at least `min_calls` times, with their number of calls. Those that begin, bound and end a transaction are sent
/// along with others.
///
/// # Errors
/// PostgreSQL returns an error or can't be reached.
pub(crate) async fn frequent(pool: &PgPool, min_calls: i64) -> anyhow::Result<Vec<(String, i64)>> {
    let query = "select query, calls from pg_stat_statements
        where dbid = (select oid from pg_database where datname = current_database()) and calls >= $1
        and query !~* '^(begin|set|commit)\\M'";
    Ok(sqlx::query_as(query).bind(min_calls).fetch_all(pool).await?)
}

/// The plan of a query with one argument, with the buffers that it read.
///
/// # Errors
/// PostgreSQL rejects the query.
pub(crate) async fn plan(pool: &PgPool, query: &str, argument: &str) -> anyhow::Result<String> {
    let mut connection = pool.acquire().await?;
    // Of an empty table, PostgreSQL would read all of it, whatever its indexes are.
    sqlx::raw_sql("set enable_seqscan = off").execute(&mut *connection).await?;
    // The statistics replace constants with parameters.
    let query = (2..=3).fold(query.to_owned(), |query, number| {
        query.replace(&format!("limit ${number}"), "limit 1").replace(&format!("names_use = ${number}"), "names_use = 'force'")
    });
    sqlx::raw_sql(AssertSqlSafe(format!("prepare cold as {query}")))
        .execute(&mut *connection)
        .await
        .context("can't prepare a cold query")?;
    // Run it first, so that the pages it reads are in memory.
    for _ in 0..2 {
        sqlx::raw_sql(AssertSqlSafe(format!("execute cold({argument})"))).execute(&mut *connection).await?;
    }
    let explain = format!("explain (analyze, buffers, costs off, timing off, summary off) execute cold({argument})");
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *connection).await?;
    sqlx::raw_sql("deallocate cold; reset enable_seqscan").execute(&mut *connection).await?;
    let lines = rows.iter().map(|row| sqlx::Row::try_get::<String, _>(row, 0)).collect::<Result<Vec<_>, _>>()?;
    Ok(lines.join("\n"))
}
