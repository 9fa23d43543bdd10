//! When the connection to PostgreSQL breaks, instances in memory are still served and others are unavailable. When it is back, the
//! process catches up.

use std::time::Duration;

use axum::http::{StatusCode, header};
use server::{database::connector::Connector, portal::listener::Timing};
use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{
    process::{Process, by_notification, create, often, options, save, until},
    proxy::{Mode, Proxy},
};

/// A process with `warm` in memory and `cold` not, and its proxy to PostgreSQL.
async fn warmed(pool: &PgPool, timing: Timing) -> (Process, Proxy) {
    for slug in ["warm", "cold"] {
        create(pool, slug).await;
    }
    let proxy = Proxy::to(&options(pool)).await;
    let process = Process::start(proxy.options(&options(pool)), timing).await;
    assert_eq!(process.version("warm").await, Ok(1));
    (process, proxy)
}

/// Asserts that `warm` is served, by slug and by host, and that `cold` is unavailable.
async fn assert_serves_warm_only(process: &Process) {
    assert_eq!((process.version("warm").await, process.version_at("accounts.warm.com").await), (Ok(1), Ok(1)));
    for (host, path) in [("localhost:3000", "/portal/cold/v1/redirects"), ("accounts.cold.com", "/v1/resolve?flow=sign-in")] {
        let answer = process.ask(host, path).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{host}{path}");
        assert_eq!(answer.headers()[header::RETRY_AFTER], "5");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn without_postgresql_instances_in_memory_are_served_and_afterwards_the_process_catches_up(pool: PgPool) {
    let (process, proxy) = warmed(&pool, by_notification()).await;
    for mode in [Mode::Cut, Mode::Hang] {
        proxy.set(mode);
        if mode == Mode::Cut {
            until(async || !process.snapshots.status().connected).await;
        }
        assert_serves_warm_only(&process).await;
        proxy.set(Mode::Pass);
        until(async || process.snapshots.status().connected).await;
        assert_eq!(process.version("warm").await, Ok(1));
    }
    proxy.set(Mode::Cut);
    until(async || !process.snapshots.status().connected).await;
    let version = save(&pool, "warm").await;
    assert_eq!(process.version("warm").await, Ok(1), "it can't know the save");
    proxy.set(Mode::Pass);
    process.until_version("warm", version).await;
    assert_eq!(process.version("cold").await, Ok(1));
    let version = save(&pool, "warm").await;
    process.until_version("warm", version).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_that_hangs_is_noticed_and_replaced(pool: PgPool) {
    let (process, proxy) = warmed(&pool, often()).await;
    proxy.set(Mode::Hang);
    until(async || !process.snapshots.status().connected).await;
    let before = process.snapshots.status().age.unwrap();
    assert_serves_warm_only(&process).await;
    assert!(process.snapshots.status().age.unwrap() > before, "its age grows");
    let version = save(&pool, "warm").await;
    proxy.set(Mode::Pass);
    process.until_version("warm", version).await;
    // Connections that hung don't block loading.
    until(async || process.version("cold").await == Ok(1)).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slow_database_does_not_affect_instances_in_memory(pool: PgPool) {
    let (process, proxy) = warmed(&pool, by_notification()).await;
    proxy.set(Mode::Delay(Duration::from_mins(1)));
    let asked = proxy.asked();
    for _ in 0..100 {
        assert_eq!((process.version("warm").await, process.version_at("accounts.warm.com").await), (Ok(1), Ok(1)));
    }
    assert_eq!(proxy.asked(), asked, "no query was sent");
    assert_serves_warm_only(&process).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_full_pool_of_the_dashboard_does_not_affect_the_portal(pool: PgPool) {
    for slug in ["warm", "cold"] {
        create(&pool, slug).await;
    }
    let one = || PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(100)).connect_lazy_with(options(&pool));
    let (dashboard, loading) = (one(), one());
    let process = Process::over(dashboard.clone(), loading.clone()).listening(by_notification(), |listener| listener).await;
    assert_eq!(process.version("warm").await, Ok(1));
    let _held = dashboard.acquire().await.unwrap();
    let page = process.ask("localhost:3000", &format!("/account/setup?token={}", "a".repeat(64))).await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE, "the dashboard has no connection");
    assert_eq!((process.version("warm").await, process.version("cold").await), (Ok(1), Ok(1)));
    // A save becomes live too, even if the connections that load are taken as well.
    let _taken = loading.acquire().await.unwrap();
    let version = save(&pool, "warm").await;
    process.until_version("warm", version).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn without_notifications_polling_keeps_instances_up_to_date(pool: PgPool) {
    create(&pool, "app").await;
    let proxy = Proxy::to(&options(&pool)).await;
    for mode in [Mode::Deaf, Mode::NoListen] {
        proxy.set(mode);
        let timing = Timing { probe_timeout: Duration::from_millis(50), ..often() };
        let process = Process::start(proxy.options(&options(&pool)), timing).await;
        process.version("app").await.unwrap();
        for _ in 0..5 {
            let version = save(&pool, "app").await;
            process.until_version("app", version).await;
        }
        assert!(process.snapshots.status().connected, "{mode:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_load_that_began_before_a_save_does_not_bring_the_old_version_back(pool: PgPool) {
    create(&pool, "app").await;
    let proxy = Proxy::to(&options(&pool)).await;
    let slow = PgPoolOptions::new().max_connections(1).connect_lazy_with(proxy.options(&options(&pool)));
    let process = Process::over(pool.clone(), slow)
        .listening(by_notification(), |listener| listener.with_connector(Connector::to(options(&pool))))
        .await;
    create(&pool, "first").await;
    prepare_the_query(&process, &proxy).await;
    let runtime = process.runtime.clone().unwrap().id;
    for mode in [Mode::Delay(Duration::from_millis(300)), Mode::Pass] {
        proxy.set(mode);
        let (asked, loading) = (proxy.asked(), process.version("app"));
        let saving = async {
            // It has read version 1, which is still on the way.
            until(async || proxy.asked() > asked || mode == Mode::Pass).await;
            let version = save(&pool, "app").await;
            until(async || reported(&pool, &runtime).await >= Some(version)).await;
            version
        };
        let (_, version) = tokio::join!(loading, saving);
        // After the runtime has reported a version, nothing older is served.
        assert_eq!(process.version("app").await, Ok(version));
    }
}

async fn reported(pool: &PgPool, runtime: &str) -> Option<i64> {
    let query =
        "select max(r.version) from runtime_versions r join instances i on i.id = r.instance_id where runtime_id = $1 and slug = 'app'";
    sqlx::query_scalar(query).bind(runtime).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_load_that_began_before_the_versions_were_read_starts_over(pool: PgPool) {
    for slug in ["app", "first"] {
        create(&pool, slug).await;
    }
    let (slow, deaf) = (Proxy::to(&options(&pool)).await, Proxy::to(&options(&pool)).await);
    deaf.set(Mode::Deaf);
    let loading = PgPoolOptions::new().max_connections(1).connect_lazy_with(slow.options(&options(&pool)));
    let over = deaf.options(&options(&pool));
    let process = Process::over(pool.clone(), loading).listening(often(), |listener| listener.with_connector(Connector::to(over))).await;
    prepare_the_query(&process, &slow).await;
    slow.set(Mode::Delay(Duration::from_millis(300)));
    let (asked, runtime) = (slow.asked(), process.runtime.clone().unwrap().id);
    let saving = async {
        until(async || slow.asked() > asked).await;
        save(&pool, "app").await;
        until(async || has_caught_up(&pool, &runtime).await).await;
    };
    let (loaded, ()) = tokio::join!(process.version("app"), saving);
    assert_eq!(loaded, Ok(2), "it has reported that it serves the save");
}

/// Prepares the load's query on the one connection that loads, after the listener has sent its probe over it. The next query is the
/// load then.
async fn prepare_the_query(process: &Process, way: &Proxy) {
    until(async || way.asked() > 0).await;
    process.version("first").await.unwrap();
}

/// Whether a runtime has reported that it serves the last save.
async fn has_caught_up(pool: &PgPool, runtime: &str) -> bool {
    let query = "select caught_up_at > (select max(updated_at) from instances) from runtimes where id = $1";
    sqlx::query_scalar(query).bind(runtime).fetch_one(pool).await.unwrap()
}
