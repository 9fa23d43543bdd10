//! What runtimes report, each test with its own database.

use sqlx::PgPool;

use super::{
    Runtime, RuntimeRole,
    store::{Acknowledged, acknowledge, delete, delete_stale, now, record_heartbeat},
};
use crate::fixtures::{create, other_app};

fn runtime(id: &str) -> Runtime {
    Runtime { id: id.into(), role: RuntimeRole::Portal }
}

async fn instance(pool: &PgPool, slug: &str, version: i64) -> i64 {
    create(pool, &other_app(slug)).await;
    let update = "update instances set version = $2 where slug = $1 returning id";
    sqlx::query_scalar(update).bind(slug).bind(version).fetch_one(pool).await.unwrap()
}

async fn rows(pool: &PgPool) -> Vec<(String, i64, i64)> {
    let query = "select runtime_id, instance_id, version from runtime_versions order by 1, 2";
    sqlx::query_as(query).fetch_all(pool).await.unwrap()
}

fn after(acknowledged: &[Acknowledged], instance: i64) -> Option<f64> {
    acknowledged.iter().find(|acknowledged| acknowledged.instance == instance).unwrap().after
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reported_version_only_rises_and_never_exceeds_the_stored_one(pool: PgPool) {
    let (one, two) = (instance(&pool, "one", 5).await, instance(&pool, "two", 7).await);
    let me = runtime("me");
    record_heartbeat(&pool, &me, now(&pool).await.unwrap()).await.unwrap();
    let reported = acknowledge(&pool, &me, &[two, one, 99], &[7, 4, 1]).await.unwrap();
    assert_eq!(rows(&pool).await, [("me".into(), one, 4), ("me".into(), two, 7)]);
    assert_eq!(after(&reported, one), None, "a newer version is stored");
    assert!(after(&reported, two).unwrap() >= 0.0);
    acknowledge(&pool, &me, &[one, two], &[3, i64::MAX]).await.unwrap();
    assert_eq!(rows(&pool).await, [("me".into(), one, 4), ("me".into(), two, 7)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_a_runtime_with_a_heartbeat_can_report_and_its_reports_end_with_it(pool: PgPool) {
    let one = instance(&pool, "one", 1).await;
    let (me, other) = (runtime("me"), runtime("other"));
    assert_eq!(acknowledge(&pool, &me, &[one], &[1]).await.unwrap(), []);
    for runtime in [&me, &other] {
        record_heartbeat(&pool, runtime, now(&pool).await.unwrap()).await.unwrap();
        acknowledge(&pool, runtime, &[one], &[1]).await.unwrap();
    }
    delete(&pool, &me).await.unwrap();
    assert_eq!(rows(&pool).await, [("other".into(), one, 1)]);
    sqlx::query("update runtimes set seen_at = seen_at - interval '61 minutes'").execute(&pool).await.unwrap();
    delete_stale(&pool).await.unwrap();
    assert_eq!(rows(&pool).await, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn each_heartbeat_records_its_time_and_until_when_everything_is_served(pool: PgPool) {
    let me = runtime("me");
    let query = "select role, caught_up_at = $1, seen_at from runtimes";
    let mut before = None;
    for _ in 0..2 {
        let at = now(&pool).await.unwrap();
        record_heartbeat(&pool, &me, at).await.unwrap();
        let (role, is_that, seen): (String, bool, time::OffsetDateTime) = sqlx::query_as(query).bind(at).fetch_one(&pool).await.unwrap();
        assert!(role == "portal" && is_that && Some(seen) > before);
        before = Some(seen);
    }
}
