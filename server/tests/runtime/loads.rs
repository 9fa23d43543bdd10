//! How instances are loaded into memory: with one indexed query each, however many visitors wait.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    process::{Process, create, options, until},
    proxy::Proxy,
};

/// A process whose connections are open, and the proxy that counts its queries.
async fn counted(pool: &PgPool) -> (Process, Proxy) {
    create(pool, "first").await;
    let proxy = Proxy::to(&options(pool)).await;
    let process = Process::without_listener(proxy.options(&options(pool)));
    process.version("first").await.unwrap();
    (process, proxy)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_hundred_simultaneous_requests_cost_one_query(pool: PgPool) {
    let (process, proxy) = counted(&pool).await;
    create(&pool, "app").await;
    create(&pool, "other").await;
    let (process, asked) = (Arc::new(process), proxy.asked());
    for (by_host, expected) in [(false, 1), (true, 2)] {
        let asking: Vec<_> = (0..100)
            .map(|_| {
                let process = Arc::clone(&process);
                tokio::spawn(
                    async move { if by_host { process.version_at("accounts.other.com").await } else { process.version("app").await } },
                )
            })
            .collect();
        for asking in asking {
            assert_eq!(asking.await.unwrap(), Ok(1));
        }
        assert_eq!(proxy.asked() - asked, expected);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_that_is_loaded_by_slug_is_found_by_host_and_the_other_way_round(pool: PgPool) {
    let (process, proxy) = counted(&pool).await;
    create(&pool, "app").await;
    create(&pool, "other").await;
    let asked = proxy.asked();
    assert_eq!((process.version("app").await, process.version_at("accounts.app.com").await), (Ok(1), Ok(1)));
    assert_eq!((process.version_at("accounts.other.com").await, process.version("other").await), (Ok(1), Ok(1)));
    assert_eq!(proxy.asked() - asked, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn unknown_slugs_and_hosts_cost_at_most_one_query_and_leave_nothing_in_memory(pool: PgPool) {
    let (process, proxy) = counted(&pool).await;
    let before = process.snapshots.status().entries;
    for n in 0..50 {
        let asked = proxy.asked();
        assert_eq!(process.version(&format!("none-{n}")).await, Err(StatusCode::NOT_FOUND));
        assert_eq!(proxy.asked() - asked, 1);
        assert_eq!(process.version_at(&format!("none-{n}.example.com")).await, Err(StatusCode::NOT_FOUND));
        assert_eq!(proxy.asked() - asked, 2);
        // An invalid slug is not looked up, and an invalid host is refused.
        assert_eq!(process.version(&format!("None--{n}")).await, Err(StatusCode::NOT_FOUND));
        assert_eq!(process.version_at(&format!("none {n}")).await, Err(StatusCode::BAD_REQUEST));
        assert_eq!(proxy.asked() - asked, 2);
    }
    assert_eq!(process.snapshots.status().entries, before);
    // An unknown slug is not remembered.
    create(&pool, "none-1").await;
    assert_eq!(process.version("none-1").await, Ok(1));
}

#[sqlx::test(migrations = "../migrations")]
async fn instances_are_found_by_an_index_however_many_there_are(pool: PgPool) {
    let settings = "insert into instances (slug, name, environment, domain, domain_typed, portal_origin, home_url)
        select 'app-' || n, 'App', 'production', 'app' || n || '.com', 'app' || n || '.com', 'https://accounts.app' || n || '.com',
            'https://app' || n || '.com/' from generate_series(1, 20000) n";
    sqlx::query(settings).execute(&pool).await.unwrap();
    sqlx::query("analyze instances").execute(&pool).await.unwrap();
    for plan in [
        "explain select 1 from instances where portal_origin = any('{https://a.com,http://a.com}') order by portal_origin desc limit 1",
        "explain select id, version from instances where id = any('{1,2,3}')",
        "explain select 1 from instances where slug = 'app-1'",
    ] {
        let lines: Vec<String> = sqlx::query_scalar(plan).fetch_all(&pool).await.unwrap();
        assert!(lines.iter().any(|line| line.contains("Index")) && !lines.iter().any(|line| line.contains("Seq Scan")), "{lines:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_load_that_waits_for_a_lock_ends_in_the_database_too(pool: PgPool) {
    let (process, _proxy) = counted(&pool).await;
    create(&pool, "cold").await;
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("lock table instances in access exclusive mode").execute(&mut *holder).await.unwrap();
    assert_eq!(process.version("cold").await, Err(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(process.version_at("accounts.cold.com").await, Err(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(process.version("first").await, Ok(1), "what is in memory is served");
    let caught_up = tokio::time::timeout(Duration::from_mins(1), process.snapshots.catch_up());
    assert!(caught_up.await.expect("it ends").is_err());
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until(async || sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() == 0).await;
    holder.rollback().await.unwrap();
    assert_eq!(process.version("cold").await, Ok(1), "its connections can be used again");
}
