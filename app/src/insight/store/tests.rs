use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::*;
use crate::{
    fixtures::{create, my_app},
    insight::visit::CountedVisit,
    redirects::{Fallbacks, Flow, LinkParams, Visit, resolve},
};

/// An hour in which nothing else happens.
fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_time(time::Time::from_hms(now.hour(), 0, 0).unwrap())
}

fn count(instance: &crate::instances::stored::StoredInstance, url: &str, visits: u64, hour: OffsetDateTime) -> Count {
    let link = LinkParams { redirect_url: Some(url.into()), ..LinkParams::default() };
    let visit = Visit { flow: Flow::SignIn, link: &link, requesting: None, now: None };
    let fallbacks = Fallbacks::default();
    let visit = CountedVisit::of(&instance.instance, visit, &resolve(&instance.instance, &fallbacks, visit)).into_owned();
    Count { instance: instance.id, hour, decision: visit.decision, visit: Some(visit), visits, first_seen: hour, last_seen: hour }
}

async fn rows(pool: &PgPool) -> Vec<(String, Vec<String>, bool, i64)> {
    sqlx::query_as("select unit, refused, link is not null, visits from visits order by starts_at, refused, link")
        .fetch_all(pool)
        .await
        .unwrap()
}

async fn total(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select coalesce(sum(visits), 0)::bigint from visits").fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_shape_of_one_hour_is_one_row_whoever_counts_it(pool: PgPool) {
    let instance = create(&pool, &my_app()).await;
    for (process, batch) in [(1, 1), (1, 2), (2, 1)] {
        let counts = [count(&instance, "https://app.myapp.com/a", 2, now()), count(&instance, "https://evil.com/b", 3, now())];
        assert_eq!(add(&pool, Uuid::from_u128(process), batch, &counts).await.unwrap(), 0);
    }
    let expected = [("hour".to_owned(), vec![], true, 6), ("hour".to_owned(), vec!["foreign https://evil.com".to_owned()], true, 9)];
    assert_eq!(rows(&pool).await, expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_batch_that_is_sent_again_is_added_once(pool: PgPool) {
    let instance = create(&pool, &my_app()).await;
    for batch in [1, 1, 2, 1, 2] {
        add(&pool, Uuid::nil(), batch, &[count(&instance, "/a", 5, now())]).await.unwrap();
    }
    assert_eq!(total(&pool).await, 10);
}

#[sqlx::test(migrations = "../migrations")]
async fn shapes_beyond_the_limit_are_counted_by_flow_and_reason(pool: PgPool) {
    let instance = create(&pool, &my_app()).await;
    let origins =
        |from: u32, to: u32| (from..to).map(|n| count(&instance, &format!("https://{n}.evil.com/"), 1, now())).collect::<Vec<_>>();
    assert_eq!(add(&pool, Uuid::nil(), 1, &origins(0, 150)).await.unwrap(), 0);
    // 100 known ones, and 100 new ones of which 50 have room.
    assert_eq!(add(&pool, Uuid::nil(), 2, &origins(50, 250)).await.unwrap(), 50);
    assert_eq!(total(&pool).await, 350);
    let rows = rows(&pool).await;
    assert_eq!(rows.len(), 201);
    assert_eq!(rows[0], ("hour".to_owned(), vec!["foreign".to_owned()], false, 50), "the others");
    // Another hour starts over.
    let earlier = now() - Duration::hours(1);
    assert_eq!(add(&pool, Uuid::nil(), 3, &[count(&instance, "https://x.evil.com/", 1, earlier)]).await.unwrap(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_clock_that_jumps_loses_no_visit_and_reaches_no_other_time_than_the_last_week(pool: PgPool) {
    let instance = create(&pool, &my_app()).await;
    for (batch, hour) in [now() + Duration::days(400), now() - Duration::days(400), now()].into_iter().enumerate() {
        add(&pool, Uuid::nil(), i64::try_from(batch).unwrap() + 1, &[count(&instance, "/a", 1, hour)]).await.unwrap();
    }
    while compact(&pool, 90).await.unwrap() {}
    assert_eq!(total(&pool).await, 3);
    let outside: i64 = sqlx::query_scalar("select count(*) from visits where starts_at > now() or starts_at < now() - interval '8 days'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(outside, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn hours_become_days_after_a_week_and_days_end(pool: PgPool) {
    let instance = create(&pool, &my_app()).await;
    add(&pool, Uuid::nil(), 1, &[count(&instance, "/a", 1, now()), count(&instance, "/a", 2, now() - Duration::hours(1))]).await.unwrap();
    // As time passes: each row is a number of days older.
    let age = |days: i32| sqlx::query("update visits set starts_at = starts_at - make_interval(days => $1)").bind(days).execute(&pool);
    age(6).await.unwrap();
    assert!(!compact(&pool, 90).await.unwrap(), "still hours");
    age(3).await.unwrap();
    while compact(&pool, 90).await.unwrap() {}
    assert_eq!(total(&pool).await, 3);
    assert!(rows(&pool).await.iter().all(|(unit, ..)| unit == "day"));
    age(100).await.unwrap();
    while compact(&pool, 90).await.unwrap() {}
    assert_eq!(total(&pool).await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_count_of_an_instance_that_is_gone_is_left_out(pool: PgPool) {
    let instance = create(&pool, &my_app()).await;
    let gone = Count { instance: instance.id + 1, ..count(&instance, "/a", 1, now()) };
    add(&pool, Uuid::nil(), 1, &[gone, count(&instance, "/a", 1, now())]).await.unwrap();
    assert_eq!(total(&pool).await, 1);
}
