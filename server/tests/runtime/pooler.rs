//! A pooler between the server and PostgreSQL: saves are stored and served, nothing stays behind on a shared connection, and the schema is
//! migrated only where that is safe.

use std::time::Duration;

use app::{fixtures::remove_schema, target_checks::store::Leader};
use clap::Parser;
use server::{
    cli::Cli,
    database::{Database, connector::Connector, url::DatabaseUrl},
    portal::listener::Timing,
};
use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{
    pgbouncer::PgBouncer,
    process::{Process, by_notification, create, often, options, save, until},
};

/// How many saves two runtimes make at the same time.
const SAVES: i64 = 50;

fn through(pgbouncer: &PgBouncer, pool: &PgPool) -> Connector {
    Connector::new(DatabaseUrl::parse(&pgbouncer.url(pool), "DATABASE_URL").unwrap())
}

/// A runtime that does everything through that connector.
async fn runtime(connector: &Connector, timing: Timing) -> (Process, PgPool) {
    let pool = connector.pool(PgPoolOptions::new().max_connections(4), "");
    let listening = connector.clone();
    let process = Process::over(pool.clone(), pool.clone()).listening(timing, |listener| listener.with_connector(listening)).await;
    (process, pool)
}

/// How many locks sessions hold in a test's database.
async fn locks(pool: &PgPool) -> i64 {
    let held = "select count(*) from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())";
    sqlx::query_scalar(held).fetch_one(pool).await.unwrap()
}

/// Two runtimes save at the same time, each its own instance, and both serve everything. So does one that starts afterwards.
async fn saves_are_served(pool: &PgPool, mode: &str) {
    for slug in ["one", "two"] {
        create(pool, slug).await;
    }
    let pgbouncer = PgBouncer::start(pool, mode, 20).await;
    let connector = through(&pgbouncer, pool);
    let ((one, pool_of_one), (two, pool_of_two)) = (runtime(&connector, often()).await, runtime(&connector, often()).await);
    for process in [&one, &two] {
        assert_eq!((process.version("one").await, process.version("two").await), (Ok(1), Ok(1)), "{mode}");
    }
    let saves = async |pool: &PgPool, slug: &str| {
        for _ in 0..SAVES {
            save(pool, slug).await;
        }
    };
    tokio::join!(saves(&pool_of_one, "one"), saves(&pool_of_two, "two"));
    let leader = Leader::stand(&pool_of_one).await.unwrap();
    assert!(leader.is_some() && locks(pool).await == 0, "{mode}: no lock stays behind");
    let (later, _) = runtime(&connector, often()).await;
    for process in [&one, &two, &later] {
        for slug in ["one", "two"] {
            process.until_version(slug, SAVES + 1).await;
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn saves_through_a_pooler_in_transaction_mode_are_stored_and_served(pool: PgPool) {
    saves_are_served(&pool, "transaction").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn saves_through_a_pooler_in_session_mode_are_stored_and_served(pool: PgPool) {
    saves_are_served(&pool, "session").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_pooler_with_a_single_connection_starves_no_runtime(pool: PgPool) {
    create(&pool, "app").await;
    let pgbouncer = PgBouncer::start(&pool, "transaction", 1).await;
    let connector = through(&pgbouncer, &pool);
    let ((one, pool_of_one), (two, _)) = (runtime(&connector, often()).await, runtime(&connector, often()).await);
    let _leader = Leader::stand(&pool_of_one).await.unwrap().unwrap();
    for _ in 0..5 {
        let version = save(&pool_of_one, "app").await;
        one.until_version("app", version).await;
        two.until_version("app", version).await;
    }
    for status in [one.snapshots.status(), two.snapshots.status()] {
        assert!(status.connected && !status.hears, "{status:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn with_a_direct_url_to_listen_notifications_arrive_beside_the_pooler(pool: PgPool) {
    create(&pool, "app").await;
    let pgbouncer = PgBouncer::start(&pool, "transaction", 20).await;
    let saving = through(&pgbouncer, &pool).pool(PgPoolOptions::new(), "");
    let direct = Connector::to(options(&pool));
    let process = Process::over(saving.clone(), saving.clone());
    // It never polls.
    let process = process.listening(by_notification(), |listener| listener.with_connector(direct)).await;
    assert_eq!(process.version("app").await, Ok(1));
    for _ in 0..5 {
        let version = save(&saving, "app").await;
        process.until_version("app", version).await;
    }
    until(async || process.snapshots.status().hears).await;
}

/// Migrates as the server does at its start, with these URLs.
async fn migrate(urls: [&str; 3]) -> Result<(), String> {
    let [serving, owner, listen] = urls;
    let flags = ["--database-url", serving, "--migrate-database-url", owner, "--listen-database-url", listen];
    let cli = Cli::parse_from(["portal-redirects"].into_iter().chain(flags));
    let database = Database::open(&cli.config).await.unwrap();
    let done = database.migrate().await.map_err(|error| format!("{error:#}"));
    database.close().await;
    done
}

fn direct(pool: &PgPool) -> String {
    sqlx::ConnectOptions::to_url_lossy(&options(pool)).to_string()
}

#[sqlx::test]
async fn the_schema_is_not_migrated_through_a_pooler_in_transaction_mode(pool: PgPool) {
    remove_schema(&pool).await;
    for size in [1, 2, 20] {
        let pgbouncer = PgBouncer::start(&pool, "transaction", size).await;
        let refused = migrate([&pgbouncer.url(&pool), "", ""]).await.unwrap_err();
        assert!(refused.contains("DATABASE_URL leads to a pooler in transaction mode"), "{size}: {refused}");
        assert!(refused.contains("Set DATABASE_MIGRATE_URL to a URL that leads directly to PostgreSQL"), "{refused}");
        let tables: i64 = sqlx::query_scalar("select count(*) from pg_tables where schemaname = 'public'").fetch_one(&pool).await.unwrap();
        assert_eq!((tables, locks(&pool).await), (0, 0));
    }
    // The same role may do it directly, and serves through the pooler.
    let pgbouncer = PgBouncer::start(&pool, "transaction", 20).await;
    migrate([&pgbouncer.url(&pool), &direct(&pool), ""]).await.unwrap();
    migrate([&pgbouncer.url(&pool), "", &direct(&pool)]).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_pooler_that_passes_no_prepared_statements_on_is_refused_with_the_fix(pool: PgPool) {
    // As PgBouncer before 1.21.
    let pgbouncer = PgBouncer::with(&pool, "pool_mode = transaction\nmax_prepared_statements = 0").await;
    for _ in 0..3 {
        let refused = migrate([&pgbouncer.url(&pool), "", ""]).await.unwrap_err();
        assert!(refused.contains("does not pass prepared statements on. Use PgBouncer 1.21 or newer"), "{refused}");
    }
    let session = PgBouncer::with(&pool, "pool_mode = session\nmax_prepared_statements = 0").await;
    migrate([&session.url(&pool), "", ""]).await.unwrap();
}

#[sqlx::test]
async fn the_schema_is_migrated_through_a_pooler_in_session_mode(pool: PgPool) {
    // With a single connection, there is none to compare with.
    for size in [20, 1] {
        remove_schema(&pool).await;
        let pgbouncer = PgBouncer::start(&pool, "session", size).await;
        let migrated = tokio::time::timeout(Duration::from_mins(1), migrate([&pgbouncer.url(&pool), "", ""])).await;
        migrated.unwrap().unwrap();
        assert_eq!(locks(&pool).await, 0);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_url_to_listen_or_to_migrate_at_another_database_is_refused(pool: PgPool) {
    let other: String = sqlx::query_scalar("select 'other_' || left(md5(current_database()), 16)").fetch_one(&pool).await.unwrap();
    let run = async |statement: String| sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    run(format!("create database \"{other}\" template template0")).await;
    let url = sqlx::ConnectOptions::to_url_lossy(&options(&pool).database(&other)).to_string();
    migrate([&url, "", ""]).await.unwrap();
    let refused = migrate([&direct(&pool), "", &url]).await.unwrap_err();
    // Nor may the URL to migrate with lead there, though both have the tables.
    let elsewhere = migrate([&direct(&pool), &url, ""]).await.unwrap_err();
    run(format!("drop database \"{other}\" with (force)")).await;
    assert!(refused.contains("DATABASE_LISTEN_URL and DATABASE_URL lead to different databases"), "{refused}");
    assert!(elsewhere.contains("DATABASE_MIGRATE_URL and DATABASE_URL lead to different databases"), "{elsewhere}");
    until(async || locks(&pool).await == 0).await;
}
