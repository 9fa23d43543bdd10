//! A save in one process is live in the others, even if its notification is lost.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    process::{Process, by_notification, create, move_to, often, options, save, until},
    proxy::{Mode, Proxy},
};

#[sqlx::test(migrations = "../migrations")]
async fn a_save_elsewhere_is_served_by_two_processes_by_slug_and_by_host(pool: PgPool) {
    create(&pool, "app").await;
    let (one, two) = (Process::start(options(&pool), by_notification()).await, Process::start(options(&pool), by_notification()).await);
    for process in [&one, &two] {
        assert_eq!((process.version("app").await, process.version_at("accounts.app.com").await), (Ok(1), Ok(1)));
    }
    for _ in 0..5 {
        let version = save(&pool, "app").await;
        for process in [&one, &two] {
            process.until_version("app", version).await;
            assert_eq!(process.version_at("accounts.app.com").await, Ok(version));
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_in_memory_is_not_loaded_again(pool: PgPool) {
    create(&pool, "app").await;
    let proxy = Proxy::to(&options(&pool)).await;
    let process = Process::without_listener(proxy.options(&options(&pool)));
    assert_eq!(process.version("app").await, Ok(1));
    save(&pool, "app").await;
    let asked = proxy.asked();
    for host in ["accounts.app.com", "ACCOUNTS.app.com"] {
        for _ in 0..3 {
            assert_eq!(process.version_at(host).await, Ok(1), "no notification has told it");
            assert_eq!(process.version("app").await, Ok(1));
        }
    }
    assert_eq!(proxy.asked(), asked);
}

#[sqlx::test(migrations = "../migrations")]
async fn polling_makes_up_for_a_lost_notification(pool: PgPool) {
    create(&pool, "app").await;
    let proxy = Proxy::to(&options(&pool)).await;
    let process = Process::start(proxy.options(&options(&pool)), often()).await;
    proxy.set(Mode::Deaf);
    assert_eq!(process.version("app").await, Ok(1));
    let version = save(&pool, "app").await;
    process.until_version("app", version).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_listener_that_starts_finds_earlier_saves(pool: PgPool) {
    create(&pool, "app").await;
    let process = Process::without_listener(options(&pool));
    assert_eq!(process.version("app").await, Ok(1));
    let version = save(&pool, "app").await;
    assert_eq!(process.version("app").await, Ok(1));
    let process = process.listening(by_notification(), |listener| listener).await;
    assert_eq!(process.version("app").await, Ok(version));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_listener_whose_connection_is_terminated_reconnects_and_catches_up(pool: PgPool) {
    create(&pool, "app").await;
    let process = Process::start(options(&pool), by_notification()).await;
    assert_eq!(process.version("app").await, Ok(1));
    for _ in 0..3 {
        let ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity
            where application_name = 'portal-redirects listener' and datname = current_database()";
        let ended: i64 = sqlx::query_scalar(ended).fetch_one(&pool).await.unwrap();
        assert_eq!(ended, 1);
        // If it does not listen again yet, it finds this save when it does.
        let version = save(&pool, "app").await;
        process.until_version("app", version).await;
        until(async || process.snapshots.status().connected).await;
        let version = save(&pool, "app").await;
        process.until_version("app", version).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_portal_origin_that_moves_leads_to_the_instance_that_has_it_now(pool: PgPool) {
    for slug in ["one", "two"] {
        create(&pool, slug).await;
    }
    let process = Process::start(options(&pool), by_notification()).await;
    assert_eq!(process.slug_at("accounts.one.com").await.unwrap(), "one");
    assert_eq!(process.slug_at("accounts.two.com").await.unwrap(), "two");
    process.until_version("one", 1).await;
    let version = move_to(&pool, "one", "https://new.one.com").await;
    process.until_version("one", version).await;
    assert_eq!(process.slug_at("accounts.one.com").await, Err(StatusCode::NOT_FOUND));
    assert_eq!(process.slug_at("new.one.com").await.unwrap(), "one");
    let version = move_to(&pool, "two", "https://accounts.one.com").await;
    process.until_version("two", version).await;
    assert_eq!(process.slug_at("accounts.one.com").await.unwrap(), "two");
    assert_eq!(process.slug_at("accounts.two.com").await, Err(StatusCode::NOT_FOUND));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deleted_instance_is_removed_from_memory(pool: PgPool) {
    create(&pool, "app").await;
    let process = Process::start(options(&pool), often()).await;
    assert_eq!(process.version("app").await, Ok(1));
    let mut transaction = pool.begin().await.unwrap();
    // No server may do that, but somebody who repairs a database by hand can.
    sqlx::query("set local session_replication_role = replica").execute(&mut *transaction).await.unwrap();
    sqlx::query("delete from instances").execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
    until(async || process.version("app").await == Err(StatusCode::NOT_FOUND)).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn forged_notifications_change_nothing(pool: PgPool) {
    create(&pool, "app").await;
    create(&pool, "cold").await;
    let process = Process::start(options(&pool), by_notification()).await;
    assert_eq!(process.version("app").await, Ok(1));
    let id = "018f3b1e-5c5b-4d4a-9a55-0f1e2d3c4b5a";
    for payload in ["", "x", "1", "1 0", "1 9223372036854775807", "2 9223372036854775807", "99 1", "-1 5", "1 2; drop table instances"] {
        for payload in [payload.to_owned(), format!("{payload} {id}")] {
            sqlx::query("select pg_notify('portal_redirects_saves', $1)").bind(payload).execute(&pool).await.unwrap();
        }
    }
    // This notification arrives after all the others.
    let version = save(&pool, "app").await;
    assert_eq!(version, 2);
    process.until_version("app", version).await;
    assert_eq!(process.version("cold").await, Ok(1));
    assert!(process.snapshots.status().connected);
}
