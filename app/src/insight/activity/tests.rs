//! Activity over counts in the database: what is read, and what editors change.

use std::sync::atomic::{AtomicI64, Ordering};

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    commands::{Counting, Dismissal, OriginChangeKind},
    counts::{DecidedBy, Totals},
    form::ActivityForm,
    store::*,
    view::refused_query,
};
use crate::{
    database::StoreError,
    fixtures::{counted as count, create, find, member, my_app, owner, save_fallbacks},
    insight::{
        range::Range,
        store::{Count, add},
    },
    instances::stored::StoredInstance,
    members::role::Role,
    redirects::Flow,
};

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

async fn store(pool: &PgPool, counts: &[Count]) {
    static BATCH: AtomicI64 = AtomicI64::new(1);
    add(pool, Uuid::nil(), BATCH.fetch_add(1, Ordering::Relaxed), counts).await.unwrap();
}

/// The texts and numbers of a page of refused redirects.
async fn listed(pool: &PgPool, stored: &StoredInstance, query: &str) -> Vec<(String, u64)> {
    let form = ActivityForm::read(query);
    let page = read_refused(pool, &refused_query(stored, &form, form.range.since(now()))).await.unwrap();
    page.rows.into_iter().map(|row| (row.text, row.visits)).collect()
}

fn texts(listed: &[(String, u64)]) -> Vec<&str> {
    listed.iter().map(|(text, _)| text.as_str()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn visits_are_read_by_what_decided_and_by_time(pool: PgPool) {
    let stored = create(&pool, &my_app()).await;
    let there = create(&pool, &crate::fixtures::other_app("other")).await;
    let counts = [
        count(&stored, Flow::SignIn, "redirect_url=/a", 5, now()),
        count(&stored, Flow::SignIn, "redirect_url=https://evil.com/", 3, now()),
        count(&stored, Flow::SignUp, "redirect_url=https://evil.com/&sign_up_fallback_redirect_url=/in", 2, now() - Duration::days(2)),
        count(&stored, Flow::Logo, "", 7, now() - Duration::days(5)),
        count(&there, Flow::Logo, "", 100, now()),
    ];
    store(&pool, &counts).await;
    let totals = |range: Range| {
        let pool = pool.clone();
        async move {
            let counts = read_counts(&pool, stored.id, range, range.since(now())).await.unwrap();
            Totals::of(range, now(), &counts)
        }
    };
    let week = totals(Range::Week).await;
    assert_eq!((week.all.all(), week.refused), (17, 5));
    assert_eq!(DecidedBy::ALL.map(|by| week.all.by(by)), [5, 0, 2, 10]);
    assert_eq!(week.by_time.iter().map(|(_, decided)| decided.all()).collect::<Vec<_>>(), [0, 7, 0, 0, 2, 0, 8]);
    assert_eq!(totals(Range::Day).await.all.all(), 8);
    assert!(has_any(&pool, there.id).await.unwrap() && !has_any(&pool, 999).await.unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn refused_redirects_are_listed_by_frequency_and_filtered(pool: PgPool) {
    let stored = create(&pool, &my_app()).await;
    let counts = [
        count(&stored, Flow::SignIn, "redirect_url=https://evil.com/", 3, now()),
        count(&stored, Flow::SignUp, "redirect_url=https://evil.com/x", 4, now()),
        count(&stored, Flow::SignIn, "redirect_url=http://app.myapp.com/", 5, now()),
        count(&stored, Flow::SignIn, "redirect_url=https://b%C3%BCcher.example/", 2, now()),
        count(&stored, Flow::SignIn, "redirect_url=https://[", 1, now()),
        // Of several that are too many, only the reason is kept.
        Count { visit: None, ..count(&stored, Flow::SignIn, "redirect_url=https://x.com/", 9, now()) },
        Count { visit: None, ..count(&stored, Flow::SignIn, "redirect_url=https://[", 1, now()) },
    ];
    store(&pool, &counts).await;
    let (evil, http, books) = ("foreign https://evil.com", "insecure http://app.myapp.com", "foreign https://xn--bcher-kva.example");
    let all = listed(&pool, &stored, "").await;
    let expected = [("foreign", 9), (evil, 7), (http, 5), (books, 2), ("not_a_url", 2)].map(|(text, visits)| (text.to_owned(), visits));
    assert_eq!(all, expected);
    for (query, expected) in [
        ("q=EVIL", &[evil][..]),
        ("q=b%C3%BCcher", &[books]),
        ("q=b%C3%BCcher.example", &[books]),
        ("q=production+requires", &[http]),
        ("q=not+on+myapp", &["foreign", evil, books]),
        ("q=_", &["not_a_url"]),
        ("q=nothing", &[]),
        ("flow=sign-up", &[evil]),
        ("flow=sign-up&q=bücher", &[]),
        ("page=2", &[]),
        ("range=24h&q=evil", &[evil]),
    ] {
        assert_eq!(texts(&listed(&pool, &stored, query).await), expected, "{query}");
    }
    assert_eq!(listed(&pool, &stored, "flow=sign-up").await[0].1, 4, "only the visits of that flow");
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_of_refused_redirects_have_each_one_once(pool: PgPool) {
    let stored = create(&pool, &my_app()).await;
    for hour in 0..4 {
        let counts: Vec<_> = (0..150)
            .map(|n| count(&stored, Flow::SignIn, &format!("redirect_url=https://{hour}-{n}.evil.com/"), 1, now() - Duration::hours(hour)))
            .collect();
        store(&pool, &counts).await;
    }
    let mut seen = std::collections::BTreeSet::new();
    for page in 1..=24 {
        let page = listed(&pool, &stored, &format!("page={page}")).await;
        assert_eq!(page.len(), 25);
        assert!(page.into_iter().all(|(text, _)| seen.insert(text)));
    }
    assert_eq!((seen.len(), listed(&pool, &stored, "page=25").await.len()), (600, 0));
    let query = RefusedQuery { limit: MAX_EXPORTED, ..refused_query(&stored, &ActivityForm::default(), now() - Duration::days(6)) };
    let page = read_refused(&pool, &query).await.unwrap();
    assert_eq!((page.count, page.rows.len()), (600, 600), "a file has all of them");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_time_may_lie_before_the_range(pool: PgPool) {
    let stored = create(&pool, &my_app()).await;
    let long_ago = now() - Duration::days(50);
    store(&pool, &[count(&stored, Flow::SignIn, "redirect_url=https://evil.com/", 1, now() - Duration::days(3))]).await;
    sqlx::query("update visits set starts_at = $1, first_seen = $1, unit = 'day'").bind(long_ago).execute(&pool).await.unwrap();
    store(&pool, &[count(&stored, Flow::SignIn, "redirect_url=https://evil.com/", 1, now())]).await;
    let found = first_seen(&pool, stored.id, &["foreign https://evil.com".to_owned()]).await.unwrap();
    assert_eq!((found[0].1 - long_ago).abs().whole_seconds(), 0);
    assert_eq!(listed(&pool, &stored, "").await[0].1, 1, "and only visits of the range count");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dismissed_one_is_hidden_until_it_is_shown_again_and_both_are_recorded_once(pool: PgPool) {
    let me = owner(&pool).await;
    let stored = crate::fixtures::create_owned(&pool, &me, &my_app()).await;
    let (evil, other) = ("foreign https://evil.com", "foreign https://other.com");
    store(
        &pool,
        &[
            count(&stored, Flow::SignIn, "redirect_url=https://evil.com/", 2, now()),
            count(&stored, Flow::SignIn, "redirect_url=https://other.com/", 1, now()),
            Count { visit: None, ..count(&stored, Flow::SignIn, "redirect_url=https://x.com/", 9, now()) },
        ],
    )
    .await;
    for _ in 0..2 {
        dismiss(&pool, &me, "my-app", evil, Dismissal::Dismiss).await.unwrap();
    }
    // The others of a reason stay, even if a single one of that text is dismissed.
    dismiss(&pool, &me, "my-app", "foreign", Dismissal::Dismiss).await.unwrap();
    assert_eq!(texts(&listed(&pool, &stored, "").await), ["foreign", other]);
    assert_eq!(listed(&pool, &stored, "show=dismissed").await, [(evil.to_owned(), 2), ("foreign".to_owned(), 0)]);
    for _ in 0..2 {
        dismiss(&pool, &me, "my-app", evil, Dismissal::Show).await.unwrap();
    }
    assert_eq!(texts(&listed(&pool, &stored, "").await), ["foreign", evil, other]);
    let records: Vec<(String, Option<String>)> =
        sqlx::query_as("select kind, about from changes where kind like 'refusal%' and about <> 'foreign' order by id")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(records, [("refusal_dismissed".into(), Some(evil.into())), ("refusal_shown".into(), Some(evil.into()))]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_origin_is_allowed_over_whatever_was_saved_meanwhile_and_taken_back(pool: PgPool) {
    let me = owner(&pool).await;
    crate::fixtures::create_owned(&pool, &me, &my_app()).await;
    save_fallbacks(&pool, &me, "my-app", &[(Flow::SignIn, "/in")]).await;
    let partner = "https://partner.example.org";
    let change = |origin: &'static str, kind| change_origin(&pool, &me, "my-app", origin, kind, None);
    assert!(change(partner, OriginChangeKind::Allow).await.unwrap());
    assert!(!change(partner, OriginChangeKind::Allow).await.unwrap(), "once is enough");
    let stored = find(&pool, "my-app").await;
    assert_eq!((stored.settings.allowed_origins, stored.instance.version()), (vec![partner.to_owned()], 3));
    for origin in ["https://*.example.org", "http://evil.com", "https://app.myapp.com", "evil", "https://evil.com/x", ""] {
        assert!(matches!(change(origin, OriginChangeKind::Allow).await, Err(AllowError::NotAllowable)), "{origin}");
    }
    assert!(change(partner, OriginChangeKind::TakeBack).await.unwrap());
    assert!(!change(partner, OriginChangeKind::TakeBack).await.unwrap());
    let stored = find(&pool, "my-app").await;
    assert_eq!((stored.settings.allowed_origins, stored.fallbacks.get(Flow::SignIn)), (vec![], Some("/in")));
    let records: Vec<(String, Option<i64>)> =
        sqlx::query_as("select kind, version from changes where version > 2 order by id").fetch_all(&pool).await.unwrap();
    assert_eq!(records, [("settings".into(), Some(3)), ("settings".into(), Some(4))]);
}

#[sqlx::test(migrations = "../migrations")]
async fn counting_is_switched_once_and_a_viewer_switches_nothing(pool: PgPool) {
    let me = owner(&pool).await;
    crate::fixtures::create_owned(&pool, &me, &my_app()).await;
    for counting in [Counting::On, Counting::Off, Counting::Off, Counting::On] {
        set_counting(&pool, &me, "my-app", counting).await.unwrap();
        assert_eq!(find(&pool, "my-app").await.visits_counted, counting == Counting::On);
    }
    let records: Vec<(String, Option<i64>)> =
        sqlx::query_as("select kind, version from changes where kind like 'visits%' order by id").fetch_all(&pool).await.unwrap();
    assert_eq!(records, [("visits_not_counted".into(), Some(2)), ("visits_counted".into(), Some(3))]);
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    assert!(matches!(set_counting(&pool, &viewer, "my-app", Counting::Off).await, Err(StoreError::Forbidden)));
    let dismissed = dismiss(&pool, &viewer, "my-app", "not_a_url", Dismissal::Dismiss).await;
    assert!(matches!(dismissed, Err(StoreError::Forbidden)));
    let allowed = change_origin(&pool, &viewer, "my-app", "https://evil.com", OriginChangeKind::Allow, None).await;
    assert!(matches!(allowed, Err(AllowError::Store(StoreError::Forbidden))));
}
