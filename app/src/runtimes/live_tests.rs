//! Which runtimes are active, and which of them serve the stored version.

use sqlx::{AssertSqlSafe, PgPool};

use super::{
    live::{LiveStatus, wait_until_live},
    store::live_status,
};
use crate::fixtures::{create, my_app, other_app};

/// An instance at version 3.
async fn saved(pool: &PgPool) -> i64 {
    create(pool, &my_app()).await;
    sqlx::query_scalar("update instances set version = 3 returning id").fetch_one(pool).await.unwrap()
}

async fn run(pool: &PgPool, statement: &'static str) {
    sqlx::query(statement).execute(pool).await.unwrap();
}

/// A runtime that started before the save and has just sent a heartbeat to this database, with the version that it reported.
async fn runtime(pool: &PgPool, id: &str, instance: i64, version: Option<i64>) {
    let query = "insert into runtimes (id, role, started_at, database_identity)
        values ($1, 'portal', clock_timestamp() - interval '1 hour', database_identity())";
    sqlx::query(query).bind(id).execute(pool).await.unwrap();
    if let Some(version) = version {
        report(pool, id, instance, version).await;
    }
}

async fn report(pool: &PgPool, id: &str, instance: i64, version: i64) {
    // The last save, if it is the stored version, else some other one.
    let query = "insert into runtime_versions (runtime_id, instance_id, version, save_id)
        select $1, $2, $3, case when version = $3 then save_id else gen_random_uuid() end from instances where id = $2";
    sqlx::query(query).bind(id).bind(instance).bind(version).execute(pool).await.unwrap();
}

/// Each active runtime, the version that it reported, and whether it serves the stored one.
fn served(live: &LiveStatus) -> Vec<(&str, Option<i64>, bool)> {
    live.runtimes.iter().map(|runtime| (runtime.id.as_str(), runtime.version, runtime.is_live)).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn without_reports_there_are_no_runtimes_and_without_the_instance_there_is_no_status(pool: PgPool) {
    let id = saved(&pool).await;
    assert_eq!(live_status(&pool, id).await.unwrap(), Some(LiveStatus { version: 3, is_new: true, runtimes: Vec::new() }));
    assert_eq!(live_status(&pool, id + 1).await.unwrap(), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_runtime_that_reports_the_save_serves_it_and_one_with_another_of_the_same_or_a_higher_number_does_not(pool: PgPool) {
    let id = saved(&pool).await;
    for (name, version) in [("a", Some(2)), ("b", Some(3)), ("c", Some(4)), ("d", None), ("e", Some(3))] {
        runtime(&pool, name, id, version).await;
    }
    run(&pool, "update runtime_versions set save_id = gen_random_uuid() where runtime_id = 'e'").await;
    let found = live_status(&pool, id).await.unwrap().unwrap();
    let (behind, live) = (|name, version| (name, version, false), ("b", Some(3), true));
    assert_eq!(served(&found), [behind("a", Some(2)), live, behind("c", Some(4)), behind("d", None), behind("e", Some(3))]);
    assert_eq!((found.version, found.live_count()), (3, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_heartbeat_to_another_database_says_nothing_here(pool: PgPool) {
    let id = saved(&pool).await;
    for name in ["here", "elsewhere"] {
        runtime(&pool, name, id, Some(3)).await;
    }
    run(&pool, "update runtimes set database_identity = '1 1 1 1', caught_up_at = 'infinity' where id = 'elsewhere'").await;
    assert_eq!(served(&live_status(&pool, id).await.unwrap().unwrap()), [("here", Some(3), true)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_runtime_of_the_previous_server_version_names_no_save_and_counts_by_the_number(pool: PgPool) {
    let id = saved(&pool).await;
    for (name, version) in [("a", 2), ("b", 3), ("c", 4)] {
        runtime(&pool, name, id, Some(version)).await;
    }
    run(&pool, "update runtimes set database_identity = null").await;
    run(&pool, "update runtime_versions set save_id = null").await;
    let found = live_status(&pool, id).await.unwrap().unwrap();
    assert_eq!(served(&found), [("a", Some(2), false), ("b", Some(3), true), ("c", Some(4), false)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_version_is_live_at_once_as_there_is_nothing_older_to_serve(pool: PgPool) {
    let created = create(&pool, &my_app()).await;
    runtime(&pool, "a", created.id, None).await;
    // It has served this instance from another database.
    runtime(&pool, "b", created.id, Some(9)).await;
    assert_eq!(served(&live_status(&pool, created.id).await.unwrap().unwrap()), [("a", None, true), ("b", Some(9), false)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_version_is_new_for_a_moment(pool: PgPool) {
    let id = saved(&pool).await;
    assert!(live_status(&pool, id).await.unwrap().unwrap().is_new);
    run(&pool, "update instances set updated_at = clock_timestamp() - interval '1 minute'").await;
    assert!(!live_status(&pool, id).await.unwrap().unwrap().is_new);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_report_about_another_instance_does_not_count(pool: PgPool) {
    let id = saved(&pool).await;
    runtime(&pool, "a", id, None).await;
    let other = create(&pool, &other_app("other")).await;
    report(&pool, "a", other.id, 9).await;
    assert_eq!(served(&live_status(&pool, id).await.unwrap().unwrap()), [("a", None, false)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_runtime_that_caught_up_or_started_well_after_the_save_serves_it(pool: PgPool) {
    let id = saved(&pool).await;
    for name in ["caught up", "caught up too early", "started", "started too early"] {
        runtime(&pool, name, id, None).await;
    }
    runtime(&pool, "behind and caught up", id, Some(2)).await;
    let after = |column: &str, seconds: u8, which: &str| {
        format!("update runtimes set {column} = updated_at + interval '{seconds} seconds' from instances where runtimes.id {which}")
    };
    for statement in [
        after("caught_up_at", 6, "like '%caught up'"),
        after("caught_up_at", 5, "= 'caught up too early'"),
        after("started_at", 6, "= 'started'"),
        after("started_at", 5, "= 'started too early'"),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    }
    let found = live_status(&pool, id).await.unwrap().unwrap();
    let mut served = served(&found);
    served.sort_unstable();
    assert_eq!(
        served,
        [
            ("behind and caught up", Some(2), true),
            ("caught up", None, true),
            ("caught up too early", None, false),
            ("started", None, true),
            ("started too early", None, false)
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_runtime_without_a_heartbeat_for_90_seconds_is_not_active(pool: PgPool) {
    let id = saved(&pool).await;
    runtime(&pool, "gone", id, Some(3)).await;
    runtime(&pool, "quiet", id, Some(3)).await;
    run(&pool, "update runtimes set seen_at = clock_timestamp() - interval '91 seconds' where id = 'gone'").await;
    run(&pool, "update runtimes set seen_at = clock_timestamp() - interval '45 seconds' where id = 'quiet'").await;
    let found = live_status(&pool, id).await.unwrap().unwrap();
    assert_eq!(served(&found), [("quiet", Some(3), true)]);
    assert!(found.runtimes[0].seconds_since_heartbeat >= 45, "{found:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_runtime_that_has_not_been_heard_for_longer_than_it_may_neither_is_live_nor_follows(pool: PgPool) {
    let id = saved(&pool).await;
    for (name, version) in [("here", 3), ("gone", 3), ("gone and behind", 2), ("late", 3)] {
        runtime(&pool, name, id, Some(version)).await;
    }
    run(&pool, "update runtimes set seen_at = clock_timestamp() - interval '45 seconds' where id like 'gone%'").await;
    run(&pool, "update runtimes set seen_at = clock_timestamp() - interval '35 seconds' where id = 'late'").await;
    let found = live_status(&pool, id).await.unwrap().unwrap();
    assert_eq!((found.live_count(), found.following_count(), found.silent().count()), (2, 0, 2));
    assert!(!found.is_live_everywhere());
}

#[sqlx::test(migrations = "../migrations")]
async fn after_a_save_the_page_waits_for_the_last_runtime_but_not_for_ever(pool: PgPool) {
    let id = saved(&pool).await;
    runtime(&pool, "a", id, Some(3)).await;
    runtime(&pool, "b", id, Some(2)).await;
    assert_eq!(wait_until_live(&pool, id).await.unwrap().unwrap().live_count(), 1, "it does not wait for ever");
    let follows = async {
        // Only after the first look.
        tokio::task::yield_now().await;
        run(&pool, "update runtime_versions v set version = 3, save_id = i.save_id from instances i").await;
    };
    let (found, ()) = tokio::join!(wait_until_live(&pool, id), follows);
    assert_eq!(found.unwrap().unwrap().live_count(), 2);
}
