//! Databases of the benchmark, and what PostgreSQL has been asked there.

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use crate::process::Postgres;

/// Makes a database with the schema in it, and answers connections to it.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub(crate) async fn create(postgres: &Postgres, name: &str) -> anyhow::Result<PgPool> {
    let mut connection = PgConnection::connect_with(&postgres.options("postgres")).await?;
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await?;
    let pool = PgPool::connect_with(postgres.options(name)).await?;
    sqlx::migrate!("../migrations").run(&pool).await?;
    Ok(pool)
}

/// Puts that many instances into a database, each with a fallback redirect: `app-1` and so on.
///
/// # Errors
/// PostgreSQL, or the way to it.
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

/// Forgets what has been asked so far.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub(crate) async fn forget(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::query("select pg_stat_statements_reset()").execute(pool).await?;
    Ok(())
}

/// What has been asked at least that often, and how often.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub(crate) async fn asked(pool: &PgPool, least: i64) -> anyhow::Result<Vec<(String, i64)>> {
    let asked = "select query, calls from pg_stat_statements
        where dbid = (select oid from pg_database where datname = current_database()) and calls >= $1";
    Ok(sqlx::query_as(asked).bind(least).fetch_all(pool).await?)
}

/// The plan of a query with one argument, and what it has read.
///
/// # Errors
/// The query is not understood.
pub(crate) async fn plan(pool: &PgPool, query: &str, argument: &str) -> anyhow::Result<String> {
    let mut connection = pool.acquire().await?;
    // Constants are told as parameters too; here there is one, how many rows at most.
    let query = query.replace("limit $2", "limit 1");
    sqlx::raw_sql(AssertSqlSafe(format!("prepare cold as {query}"))).execute(&mut *connection).await.context("a cold query")?;
    // Once before, so that what it reads is in memory.
    for _ in 0..2 {
        sqlx::raw_sql(AssertSqlSafe(format!("execute cold({argument})"))).execute(&mut *connection).await?;
    }
    let explain = format!("explain (analyze, buffers, costs off, timing off, summary off) execute cold({argument})");
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *connection).await?;
    sqlx::raw_sql("deallocate cold").execute(&mut *connection).await?;
    let lines = rows.iter().map(|row| sqlx::Row::try_get::<String, _>(row, 0)).collect::<Result<Vec<_>, _>>()?;
    Ok(lines.join("\n"))
}
