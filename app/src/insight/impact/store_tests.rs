use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    Measured,
    ended::said,
    measure::{LATELY, Proposed, measure},
    store::counts,
};
use crate::{
    fixtures::{create, create_owned, fallbacks, find, my_app, owner, save_fallbacks},
    insight::range::Range,
    insight::{
        store::{Count, add},
        visit::CountedVisit,
    },
    instances::stored::StoredInstance,
    redirects::{Flow, LinkParams, Visit, resolve},
};

const HERE: &str = "visits ended here in the last 7 days";

/// Counts visits of one flow with links to `url`, as the portal does. Without `is_kept` their shape is not kept.
async fn count(pool: &PgPool, stored: &StoredInstance, flow: Flow, url: &str, visits: u64, is_kept: bool) {
    let link = LinkParams { redirect_url: Some(url.to_owned().into()), ..LinkParams::default() };
    let visit = Visit { flow, link: &link, requesting: None, now: None };
    let visit = CountedVisit::of(&stored.instance, visit, &resolve(&stored.instance, &stored.fallbacks, visit)).into_owned();
    let now = OffsetDateTime::now_utc();
    let count = Count {
        instance: stored.id,
        hour: now,
        decision: visit.decision,
        visit: is_kept.then_some(visit),
        visits,
        first_seen: now,
        last_seen: now,
    };
    add(pool, Uuid::from_u128(now.unix_timestamp_nanos().unsigned_abs()), 1, &[count]).await.unwrap();
}

/// As time passes: all that is counted is older.
async fn age(pool: &PgPool, by: Duration) {
    sqlx::query("update visits set starts_at = starts_at - make_interval(hours => $1)")
        .bind(i32::try_from(by.whole_hours()).unwrap())
        .execute(pool)
        .await
        .unwrap();
}

fn proposed(stored: &StoredInstance, flow: Flow, value: &str) -> Proposed {
    Proposed { fallbacks: fallbacks(&[(flow, value)]), ..Proposed::stored(stored) }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_visits_of_a_week_are_summed_by_shape_and_decided_again(pool: PgPool) {
    let stored = create(&pool, &my_app()).await;
    assert_eq!(measure(&pool, &stored, &proposed(&stored, Flow::SignIn, "/in"), LATELY).await, Measured::NoVisits);
    for url in ["/a", "/b", "https://evil.com/a"] {
        count(&pool, &stored, Flow::SignIn, url, 2, true).await;
    }
    count(&pool, &stored, Flow::SignIn, "", 3, true).await;
    age(&pool, Duration::hours(30)).await;
    count(&pool, &stored, Flow::SignIn, "/c", 4, true).await;
    count(&pool, &stored, Flow::SignUp, "https://evil.com/a", 5, false).await;
    let counted = counts(&pool, stored.id, LATELY.since(OffsetDateTime::now_utc())).await.unwrap();
    let (shapes, others) = counted.read();
    let mut sums: Vec<_> = shapes.iter().map(|shape| shape.visits).collect();
    sums.sort_unstable();
    assert_eq!(sums, [2, 3, 8], "one line for each shape");
    assert_eq!(others.iter().map(|others| (others.flow, others.visits)).collect::<Vec<_>>(), [(Flow::SignUp, 5)]);
    let Measured::Known(impact) = measure(&pool, &stored, &proposed(&stored, Flow::SignIn, "/in"), LATELY).await else { panic!() };
    assert_eq!((impact.visits, impact.changed, impact.inexact_by), (18, 5, 0));
    age(&pool, Duration::days(6)).await;
    let Measured::Known(impact) = measure(&pool, &stored, &proposed(&stored, Flow::SignIn, "/in"), LATELY).await else { panic!() };
    assert_eq!((impact.visits, impact.changed), (9, 0), "a week");
    let Measured::Known(impact) = measure(&pool, &stored, &proposed(&stored, Flow::SignIn, "/in"), Range::Month).await else { panic!() };
    assert_eq!((impact.visits, impact.changed), (18, 5), "a month");
}

#[sqlx::test(migrations = "../migrations")]
async fn where_visits_are_not_counted_nothing_is_known(pool: PgPool) {
    let stored = create(&pool, &my_app()).await;
    count(&pool, &stored, Flow::SignIn, "", 3, true).await;
    sqlx::query("update instances set visits_counted = false").execute(&pool).await.unwrap();
    assert_eq!(measure(&pool, &stored, &proposed(&stored, Flow::SignIn, "/in"), LATELY).await, Measured::NoVisits);
    assert!(said(&pool, &stored).await.concat().concat().is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn without_an_answer_in_time_nothing_is_told_and_nobody_waits_longer(pool: PgPool) {
    let stored = create(&pool, &my_app()).await;
    count(&pool, &stored, Flow::SignIn, "", 3, true).await;
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("lock table visits in access exclusive mode").execute(&mut *holder).await.unwrap();
    assert_eq!(measure(&pool, &stored, &proposed(&stored, Flow::SignIn, "/in"), LATELY).await, Measured::Unknown);
    assert!(said(&pool, &stored).await.concat().concat().is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_shape_that_can_t_be_read_makes_the_impact_inexact(pool: PgPool) {
    let stored = create(&pool, &my_app()).await;
    count(&pool, &stored, Flow::SignIn, "https://evil.com/a", 3, true).await;
    sqlx::query("update visits set link = '{\"later\":true,\"redirect_url\":7}'").execute(&pool).await.unwrap();
    let mut moved = my_app();
    moved.allowed_origins = vec!["https://evil.com".to_owned()];
    let proposed = Proposed { instance: crate::fixtures::instance(&moved), ..Proposed::stored(&stored) };
    let Measured::Known(impact) = measure(&pool, &stored, &proposed, LATELY).await else { panic!() };
    assert_eq!((impact.visits, impact.changed, impact.inexact_by), (3, 0, 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn each_field_says_how_many_visits_ended_at_what_it_has_stored(pool: PgPool) {
    let stored = create(&pool, &my_app()).await;
    count(&pool, &stored, Flow::SignIn, "", 1200, true).await;
    count(&pool, &stored, Flow::SignIn, "https://evil.com/a", 34, true).await;
    count(&pool, &stored, Flow::SignIn, "/of-its-own", 9, true).await;
    count(&pool, &stored, Flow::Logo, "", 1, true).await;
    let fields = said(&pool, &stored).await;
    let at = |flow: Flow| fields[Flow::ALL.iter().position(|other| *other == flow).unwrap()].clone();
    assert_eq!(at(Flow::SignIn), [format!("1,234 {HERE}"), "1,234 visits ended at the home URL in the last 7 days".to_owned()]);
    assert_eq!(at(Flow::Logo)[0], "1 visit ended here in the last 7 days");
    assert_eq!(at(Flow::SignUp), ["", ""]);
}

#[sqlx::test(migrations = "../migrations")]
async fn visits_from_before_a_field_was_changed_ended_elsewhere(pool: PgPool) {
    let owner = owner(&pool).await;
    create_owned(&pool, &owner, &my_app()).await;
    save_fallbacks(&pool, &owner, "my-app", &[(Flow::SignIn, "/in")]).await;
    let stored = find(&pool, "my-app").await;
    count(&pool, &stored, Flow::SignIn, "", 7, true).await;
    let sign_in = |fields: [[String; 2]; 7]| fields[Flow::ALL.iter().position(|flow| *flow == Flow::SignIn).unwrap()].clone();
    assert_eq!(sign_in(said(&pool, &stored).await), ["", ""], "the hour of the change has both");
    age(&pool, Duration::hours(-1)).await;
    assert_eq!(sign_in(said(&pool, &stored).await), ["7 visits ended here since it was saved", "7 visits ended at /in since it was saved"]);
}
