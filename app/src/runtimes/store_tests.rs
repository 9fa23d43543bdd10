//! What runtimes report, on a PostgreSQL of each test's own.

use sqlx::PgPool;

use super::{
    Runtime, RuntimeRole,
    store::{Acknowledged, acknowledge, beat, forget_gone, leave, now},
};
use crate::{
    history::Actor,
    instances::store::create,
    redirects::{Instance, Settings},
};

fn runtime(id: &str) -> Runtime {
    Runtime { id: id.into(), role: RuntimeRole::Portal }
}

async fn instance(pool: &PgPool, slug: &str, version: i64) -> i64 {
    let settings = Settings { slug: slug.into(), name: slug.into(), domain: format!("{slug}.com"), ..Settings::default() };
    create(pool, &Actor::server(), &Instance::parse(&settings, 0).unwrap(), &settings.domain).await.unwrap();
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
async fn versions_are_reported_upwards_only_and_never_above_what_there_is(pool: PgPool) {
    let (one, two) = (instance(&pool, "one", 5).await, instance(&pool, "two", 7).await);
    let me = runtime("me");
    beat(&pool, &me, now(&pool).await.unwrap()).await.unwrap();
    let reported = acknowledge(&pool, &me, &[two, one, 99], &[7, 4, 1]).await.unwrap();
    assert_eq!(rows(&pool).await, [("me".into(), one, 4), ("me".into(), two, 7)]);
    assert_eq!(after(&reported, one), None, "there is a newer one");
    assert!(after(&reported, two).unwrap() >= 0.0);
    acknowledge(&pool, &me, &[one, two], &[3, i64::MAX]).await.unwrap();
    assert_eq!(rows(&pool).await, [("me".into(), one, 4), ("me".into(), two, 7)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_who_has_said_that_it_is_there_reports_and_its_end_takes_that_along(pool: PgPool) {
    let one = instance(&pool, "one", 1).await;
    let (me, other) = (runtime("me"), runtime("other"));
    assert_eq!(acknowledge(&pool, &me, &[one], &[1]).await.unwrap(), []);
    for runtime in [&me, &other] {
        beat(&pool, runtime, now(&pool).await.unwrap()).await.unwrap();
        acknowledge(&pool, runtime, &[one], &[1]).await.unwrap();
    }
    leave(&pool, &me).await.unwrap();
    assert_eq!(rows(&pool).await, [("other".into(), one, 1)]);
    sqlx::query("update runtimes set seen_at = seen_at - interval '61 minutes'").execute(&pool).await.unwrap();
    forget_gone(&pool).await.unwrap();
    assert_eq!(rows(&pool).await, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn each_beat_says_when_it_was_and_until_when_everything_is_served(pool: PgPool) {
    let me = runtime("me");
    let query = "select role, caught_up_at = $1, seen_at from runtimes";
    let mut before = None;
    for _ in 0..2 {
        let at = now(&pool).await.unwrap();
        beat(&pool, &me, at).await.unwrap();
        let (role, is_that, seen): (String, bool, time::OffsetDateTime) = sqlx::query_as(query).bind(at).fetch_one(&pool).await.unwrap();
        assert!(role == "portal" && is_that && Some(seen) > before);
        before = Some(seen);
    }
}
