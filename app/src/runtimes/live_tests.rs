//! Which runtimes count, and which of them serve what is stored.

use sqlx::{AssertSqlSafe, PgPool};

use super::live::{Live, live, settled};
use crate::{
    history::Actor,
    instances::store,
    redirects::{Instance, Settings},
};

/// An instance at version 3.
async fn saved(pool: &PgPool) -> i64 {
    let settings = Settings { slug: "my-app".into(), name: "MyApp".into(), domain: "myapp.com".into(), ..Settings::default() };
    store::create(pool, &Actor::server(), &Instance::parse(&settings, 0).unwrap(), "myapp.com").await.unwrap();
    sqlx::query_scalar("update instances set version = 3 returning id").fetch_one(pool).await.unwrap()
}

async fn run(pool: &PgPool, statement: &'static str) {
    sqlx::query(statement).execute(pool).await.unwrap();
}

/// A runtime that started before the save and was heard from just now, and the version that it has reported.
async fn runtime(pool: &PgPool, id: &str, instance: i64, version: Option<i64>) {
    let query = "insert into runtimes (id, role, started_at) values ($1, 'portal', clock_timestamp() - interval '1 hour')";
    sqlx::query(query).bind(id).execute(pool).await.unwrap();
    if let Some(version) = version {
        report(pool, id, instance, version).await;
    }
}

async fn report(pool: &PgPool, id: &str, instance: i64, version: i64) {
    let query = "insert into runtime_versions (runtime_id, instance_id, version) values ($1, $2, $3)";
    sqlx::query(query).bind(id).bind(instance).bind(version).execute(pool).await.unwrap();
}

/// Each runtime that counts, and whether it serves what is stored.
fn told(live: &Live) -> Vec<(&str, Option<i64>, bool)> {
    live.runtimes.iter().map(|runtime| (runtime.id.as_str(), runtime.version, runtime.is_live)).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn where_none_reports_there_is_none(pool: PgPool) {
    let id = saved(&pool).await;
    assert_eq!(live(&pool, id).await.unwrap(), Live { version: 3, runtimes: Vec::new() });
    assert!(live(&pool, id + 1).await.is_err());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_runtime_that_reports_the_version_or_a_later_one_serves_it(pool: PgPool) {
    let id = saved(&pool).await;
    for (name, version) in [("a", Some(2)), ("b", Some(3)), ("c", Some(4)), ("d", None)] {
        runtime(&pool, name, id, version).await;
    }
    let found = live(&pool, id).await.unwrap();
    assert_eq!(told(&found), [("a", Some(2), false), ("b", Some(3), true), ("c", Some(4), true), ("d", None, false)]);
    assert_eq!((found.version, found.count()), (3, 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_it_reports_of_another_instance_does_not_count(pool: PgPool) {
    let id = saved(&pool).await;
    runtime(&pool, "a", id, None).await;
    let other = Settings { slug: "other".into(), name: "Other".into(), domain: "other.com".into(), ..Settings::default() };
    store::create(&pool, &Actor::server(), &Instance::parse(&other, 0).unwrap(), "other.com").await.unwrap();
    report(&pool, "a", store::find(&pool, "other").await.unwrap().unwrap().id, 9).await;
    assert_eq!(told(&live(&pool, id).await.unwrap()), [("a", None, false)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn one_that_has_caught_up_or_started_well_after_the_save_serves_it(pool: PgPool) {
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
    let found = live(&pool, id).await.unwrap();
    let mut told = told(&found);
    told.sort_unstable();
    assert_eq!(
        told,
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
async fn one_that_has_not_been_heard_from_for_90_seconds_does_not_count(pool: PgPool) {
    let id = saved(&pool).await;
    runtime(&pool, "gone", id, Some(3)).await;
    runtime(&pool, "quiet", id, Some(3)).await;
    run(&pool, "update runtimes set seen_at = clock_timestamp() - interval '91 seconds' where id = 'gone'").await;
    run(&pool, "update runtimes set seen_at = clock_timestamp() - interval '45 seconds' where id = 'quiet'").await;
    let found = live(&pool, id).await.unwrap();
    assert_eq!(told(&found), [("quiet", Some(3), true)]);
    assert!(found.runtimes[0].heard >= 45, "{found:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn after_a_save_it_waits_until_the_last_runtime_follows_and_not_for_ever(pool: PgPool) {
    let id = saved(&pool).await;
    runtime(&pool, "a", id, Some(3)).await;
    runtime(&pool, "b", id, Some(2)).await;
    assert_eq!(settled(&pool, id).await.unwrap().count(), 1, "it does not wait for ever");
    let follows = async {
        // Only after the page has looked once.
        tokio::task::yield_now().await;
        run(&pool, "update runtime_versions set version = 3").await;
    };
    let (found, ()) = tokio::join!(settled(&pool, id), follows);
    assert_eq!(found.unwrap().count(), 2);
}
