use std::{borrow::Cow, thread};

use app::{
    fixtures::{create, my_app},
    insight::visit::Decision,
    redirects::{CandidateShape, Flow, LinkShape, Refusal, Source, WebScheme, WebShape},
};
use sqlx::PgPool;

use super::*;

const MEMORY: u64 = 8 * 1024 * 1024;

/// A second of 2026.
const NOW: i64 = 1_795_000_000;

fn inner(counter: &VisitCounter) -> &Inner {
    counter.0.as_deref().unwrap()
}

/// A visit whose `redirect_url` names a stranger's host.
fn stranger(host: &str) -> CountedVisit<'_> {
    let web = WebShape { scheme: Some(WebScheme::Https), host: Some(Cow::Borrowed(host)), ..WebShape::default() };
    CountedVisit {
        decision: Decision { flow: Flow::SignIn, source: Source::HomeUrl, refused: [None, Some(Refusal::Foreign), None] },
        link: LinkShape { redirect_url: Some(CandidateShape::Web(web)), ..LinkShape::default() },
    }
}

/// The numbers of visits: with their shape, and by their decision alone.
fn totals(mut counts: Counts) -> (u64, u64) {
    let taken = counts.take(usize::MAX);
    let sum = |is_kept| taken.iter().filter(|count| count.visit.is_some() == is_kept).map(|count| count.visits).sum();
    (sum(true), sum(false))
}

async fn stored(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select coalesce(sum(visits), 0)::bigint from visits").fetch_one(pool).await.unwrap()
}

#[test]
fn a_million_origins_take_bounded_memory_and_none_of_them_is_lost() {
    let counter = VisitCounter::new(MEMORY);
    for n in 0..1_000_000 {
        inner(&counter).count(1, stranger(&format!("{n}.evil.com")), NOW);
    }
    let shards = inner(&counter).shards.len() as u64;
    assert!(inner(&counter).budget.used() <= shards * 200 * 1024, "{counter:?}");
    let (kept, merged) = totals(inner(&counter).take());
    assert_eq!((kept, kept + merged), (200, 1_000_000));
}

#[test]
fn the_shapes_of_many_instances_stay_within_the_memory() {
    let counter = VisitCounter::new(64 * 1024);
    for instance in 0..1_000 {
        inner(&counter).count(instance, stranger("evil.com"), NOW);
        inner(&counter).count(instance, stranger("evil.com"), NOW);
    }
    assert!(inner(&counter).budget.used() <= 64 * 1024, "{counter:?}");
    let (kept, merged) = totals(inner(&counter).take());
    assert!(kept > 0 && merged > 0, "{kept} {merged}");
    assert_eq!(kept + merged, 2_000);
}

#[test]
fn threads_that_count_at_once_lose_nothing() {
    let counter = VisitCounter::new(MEMORY);
    let mut taken = (0, 0);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..5_000).for_each(|n| inner(&counter).count(1, stranger(&format!("{}.evil.com", n % 7)), NOW))))
            .collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            let (kept, merged) = totals(inner(&counter).take());
            taken = (taken.0 + kept, taken.1 + merged);
        }
    });
    let (kept, merged) = totals(inner(&counter).take());
    assert_eq!((taken.0 + kept, taken.1 + merged), (40_000, 0));
}

#[test]
fn what_was_taken_gives_its_memory_back() {
    let counter = VisitCounter::new(MEMORY);
    inner(&counter)
        .with_free_shard(|shard| shard.add(InstanceHour::of(1, NOW), stranger("a.com"), Tally::one(NOW), &inner(&counter).budget));
    let one = inner(&counter).budget.used();
    let mut counts = inner(&counter).take();
    inner(&counter).count(1, stranger("a.com"), NOW + 1);
    counts.merge(inner(&counter).take(), &inner(&counter).budget);
    assert_eq!((one > 0, inner(&counter).budget.used()), (true, one), "the same shape twice is kept once");
    let taken = counts.take(10);
    assert_eq!((taken.len(), taken[0].visits, taken[0].last_seen.unix_timestamp()), (1, 2, NOW + 1));
}

#[test]
fn hours_begin_at_full_hours_in_utc_before_1970_too() {
    assert_eq!(InstanceHour::of(1, 7_199), InstanceHour::of(1, 3_600));
    assert_ne!(InstanceHour::of(1, -1), InstanceHour::of(1, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn two_servers_that_store_the_same_hour_add_up(pool: PgPool) {
    let id = create(&pool, &my_app()).await.id;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap();
    for _ in 0..2 {
        let counter = VisitCounter::new(MEMORY);
        let mut flusher = Flusher::new(&counter, pool.clone(), 90).unwrap();
        for round in 1..=3 {
            (0..round).for_each(|_| inner(&counter).count(id, stranger("evil.com"), now));
            flusher.flush().await.unwrap();
        }
        assert_eq!(inner(&counter).budget.used(), 0);
    }
    let rows: Vec<i64> = sqlx::query_scalar("select visits from visits").fetch_all(&pool).await.unwrap();
    assert_eq!(rows.iter().sum::<i64>(), 12);
    assert!(rows.len() <= 2, "one hour, or two if it has just ended: {rows:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn counting_goes_on_while_the_database_does_not_take_it(pool: PgPool) {
    let id = create(&pool, &my_app()).await.id;
    let counter = VisitCounter::new(MEMORY);
    let mut flusher = Flusher::new(&counter, pool.clone(), 90).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap();
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("lock table visits in access exclusive mode").execute(&mut *holder).await.unwrap();
    for host in ["a.com", "b.com"] {
        inner(&counter).count(id, stranger(host), now);
        assert!(flusher.flush().await.is_err(), "{host}");
    }
    holder.rollback().await.unwrap();
    flusher.flush().await.unwrap();
    flusher.flush().await.unwrap();
    assert_eq!(stored(&pool).await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_counted_during_a_flush_waits_for_the_next_one(pool: PgPool) {
    let id = create(&pool, &my_app()).await.id;
    let counter = VisitCounter::new(MEMORY);
    let mut flusher = Flusher::new(&counter, pool.clone(), 90).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap();
    inner(&counter).count(id, stranger("a.com"), now);
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("lock table visits in access exclusive mode").execute(&mut *holder).await.unwrap();
    let flush = tokio::spawn(async move {
        flusher.flush().await.unwrap();
        flusher
    });
    let waits = "select exists (select from pg_locks where relation = 'visits'::regclass and not granted
        and database = (select oid from pg_database where datname = current_database()))";
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut *holder).await.unwrap() {}
    inner(&counter).count(id, stranger("b.com"), now);
    holder.rollback().await.unwrap();
    let mut flusher = flush.await.unwrap();
    assert_eq!(stored(&pool).await, 1);
    flusher.flush().await.unwrap();
    assert_eq!(stored(&pool).await, 2);
}

#[test]
fn prefetches_and_previews_are_no_visits() {
    let headers = |name: &'static str, value: &str| HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
    let none = HeaderMap::new();
    assert!(is_visit("flow=sign-in&redirect_url=/x%3Fpreview=1", &none));
    assert!(is_visit("flow=sign-in&preview=11", &none));
    assert!(!is_visit("flow=sign-in&preview=1", &none));
    assert!(!is_visit("", &headers("sec-purpose", "prefetch;prerender")));
    assert!(!is_visit("", &headers("purpose", "prefetch")));
    assert!(is_visit("", &headers("sec-fetch-mode", "navigate")));
}

#[test]
fn switched_off_it_counts_nothing() {
    let instance = app::fixtures::stored(my_app(), &[]);
    let link = app::redirects::LinkParams::default();
    let visit = Visit { flow: Flow::SignIn, link: &link, requesting: None, now: None };
    let counter = VisitCounter::off();
    counter.count(&instance, visit, &app::redirects::resolve(&instance.instance, &instance.fallbacks, visit));
    assert!(counter.0.is_none());
}
