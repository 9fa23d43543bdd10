//! What is due, and what is stored of it, on a real database.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::{
    CheckOutcome, Target, TargetState,
    store::{Due, Leader, ask, due, find, finish, record},
};
use crate::{
    database::StoreError,
    fixtures::{create, create_owned, member, my_app, other_app, owner, save_fallbacks},
    members::role::Role,
    redirects::Flow,
};

const URL: &str = "https://myapp.com/";

fn not_found() -> CheckOutcome {
    CheckOutcome { status: Some(404), milliseconds: Some(120), ..CheckOutcome::of(TargetState::ErrorStatus) }
}

fn ok() -> CheckOutcome {
    let end = OffsetDateTime::from_unix_timestamp(1_800_000_000).ok();
    CheckOutcome { status: Some(200), milliseconds: Some(80), certificate_ends_at: end, ..CheckOutcome::of(TargetState::Ok) }
}

async fn is_due(pool: &PgPool) -> Vec<i64> {
    due(pool, &[], 10).await.unwrap().into_iter().map(|due| due.instance).collect()
}

/// Lets so many seconds go by for the schedule.
async fn later(pool: &PgPool, seconds: f64) {
    let shift = "update target_check_schedule set due_at = due_at - make_interval(secs => $1),
        asked_at = asked_at - make_interval(secs => $1), checked_at = checked_at - make_interval(secs => $1)";
    sqlx::query(shift).bind(seconds).execute(pool).await.unwrap();
}

async fn done(pool: &PgPool, instance: i64) {
    let due = due(pool, &[], 10).await.unwrap().into_iter().find(|due| due.instance == instance).unwrap();
    finish(pool, due, &[Target::HomeUrl]).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_instance_and_every_save_ask_for_a_check(pool: PgPool) {
    let owner = owner(&pool).await;
    let instance = create_owned(&pool, &owner, &my_app()).await.id;
    assert_eq!(is_due(&pool).await, [instance]);
    assert!(find(&pool, instance).await.unwrap().is_waiting);
    done(&pool, instance).await;
    assert!(is_due(&pool).await.is_empty());
    save_fallbacks(&pool, &owner, "my-app", &[(Flow::SignIn, "/in")]).await;
    later(&pool, 11.0).await;
    assert_eq!(is_due(&pool).await, [instance]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_is_checked_again_within_the_next_hour_and_a_half_and_not_before_half_an_hour(pool: PgPool) {
    for number in 0..20 {
        create(&pool, &other_app(&format!("app-{number}"))).await;
    }
    for due in due(&pool, &[], 100).await.unwrap() {
        finish(&pool, due, &[]).await.unwrap();
    }
    let minutes: Vec<f64> =
        sqlx::query_scalar("select (extract(epoch from due_at - clock_timestamp()) / 60)::float8 from target_check_schedule")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert!(minutes.len() == 20 && minutes.iter().all(|minutes| (29.0..90.5).contains(minutes)), "{minutes:?}");
    let (first, last) = minutes.iter().fold((f64::MAX, f64::MIN), |(first, last), at| (first.min(*at), last.max(*at)));
    assert!(last - first > 20.0, "they are spread over the hour: {minutes:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn however_often_somebody_asks_an_instance_is_left_alone_between_checks(pool: PgPool) {
    let owner = owner(&pool).await;
    let instance = create_owned(&pool, &owner, &my_app()).await.id;
    done(&pool, instance).await;
    ask(&pool, &owner, "my-app").await.unwrap();
    ask(&pool, &owner, "my-app").await.unwrap();
    assert!(is_due(&pool).await.is_empty());
    later(&pool, 11.0).await;
    assert_eq!(is_due(&pool).await, [instance]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_asked_for_during_a_check_is_another_check(pool: PgPool) {
    let owner = owner(&pool).await;
    let instance = create_owned(&pool, &owner, &my_app()).await.id;
    let running = due(&pool, &[], 10).await.unwrap()[0];
    ask(&pool, &owner, "my-app").await.unwrap();
    finish(&pool, running, &[]).await.unwrap();
    assert!(find(&pool, instance).await.unwrap().is_waiting);
    // It is not begun while the first one runs.
    later(&pool, 11.0).await;
    assert!(due(&pool, &[instance], 10).await.unwrap().is_empty());
    assert_eq!(is_due(&pool).await, [instance]);
}

#[sqlx::test(migrations = "../migrations")]
async fn those_that_somebody_waits_for_come_first(pool: PgPool) {
    let owner = owner(&pool).await;
    for slug in ["one", "two", "three"] {
        let instance = create_owned(&pool, &owner, &other_app(slug)).await.id;
        done(&pool, instance).await;
    }
    later(&pool, 7200.0).await;
    let asked = ask(&pool, &owner, "three").await.unwrap();
    assert_eq!(due(&pool, &[], 1).await.unwrap().iter().map(|due| due.instance).collect::<Vec<_>>(), [asked]);
    assert_eq!(is_due(&pool).await.len(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_viewer_can_not_ask_for_a_check(pool: PgPool) {
    create_owned(&pool, &owner(&pool).await, &my_app()).await;
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    assert!(matches!(ask(&pool, &viewer, "my-app").await, Err(StoreError::Forbidden)));
    let editor = member(&pool, "editor@myapp.com", "my-app", Role::Editor).await;
    assert!(ask(&pool, &editor, "my-app").await.is_ok());
    assert!(matches!(ask(&pool, &editor, "no-app").await, Err(StoreError::NotFound)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_state_is_known_since_it_is_one(pool: PgPool) {
    let instance = create(&pool, &my_app()).await.id;
    let record = async |url: &str, outcome: &CheckOutcome| record(&pool, instance, Target::HomeUrl, url, outcome).await.unwrap();
    let state = async || find(&pool, instance).await.unwrap().checks.remove(0);
    assert_eq!(record(URL, &not_found()).await, None, "the first one");
    let first = state().await;
    assert_eq!((first.target, first.url.as_str(), &first.outcome), (Target::HomeUrl, URL, &not_found()));
    assert_eq!(record(URL, &CheckOutcome { milliseconds: Some(7), ..not_found() }).await, Some(false));
    let second = state().await;
    assert_eq!(second.state_since, first.state_since);
    assert!(second.checked_at > first.checked_at && second.outcome.milliseconds == Some(7));
    assert_eq!(record(URL, &ok()).await, Some(true));
    let third = state().await;
    assert!(third.state_since > second.state_since && third.outcome == ok());
    assert_eq!(record(URL, &CheckOutcome { status: Some(410), ..not_found() }).await, Some(true));
    // Another URL is another target: nothing is known of it.
    assert_eq!(record("https://myapp.com/other", &not_found()).await, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_target_any_more_is_forgotten(pool: PgPool) {
    let instance = create(&pool, &my_app()).await.id;
    for target in [Target::HomeUrl, Target::Fallback(Flow::SignIn)] {
        record(&pool, instance, target, URL, &ok()).await.unwrap();
    }
    let now = OffsetDateTime::now_utc();
    finish(&pool, Due { instance, at: now }, &[Target::HomeUrl]).await.unwrap();
    let left: Vec<Target> = find(&pool, instance).await.unwrap().checks.into_iter().map(|check| check.target).collect();
    assert_eq!(left, [Target::HomeUrl]);
}

#[sqlx::test(migrations = "../migrations")]
async fn one_runtime_checks_until_its_lease_ends_and_it_holds_no_lock(pool: PgPool) {
    let instance = create(&pool, &my_app()).await.id;
    let mut first = Leader::stand(&pool).await.unwrap().unwrap();
    assert!(Leader::stand(&pool).await.unwrap().is_none());
    assert_eq!(first.due(&[], 10).await.unwrap().len(), 1);
    assert!(first.due(&[instance], 10).await.unwrap().is_empty());
    // A lock of a session would stay behind on a pooler's connection.
    let locks = "select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())";
    assert_eq!(sqlx::query_scalar::<_, i64>(locks).fetch_one(&pool).await.unwrap(), 0);

    sqlx::query("update leases set until = clock_timestamp() - interval '1 second'").execute(&pool).await.unwrap();
    let mut second = Leader::stand(&pool).await.unwrap().unwrap();
    assert_eq!(second.due(&[], 10).await.unwrap().len(), 1);
    assert!(!first.renew().await.unwrap(), "another one has it");
    assert!(second.renew().await.unwrap(), "it is its own");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_of_the_previous_version_saves_without_a_privilege_on_the_schedule(pool: PgPool) {
    let instance = create(&pool, &my_app()).await.id;
    done(&pool, instance).await;
    let role: String = sqlx::query_scalar("select 'previous_' || left(md5(current_database()), 16)").fetch_one(&pool).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let statements = format!(
        "create role {role}; grant select, update on instances to {role}; set role {role};
        update instances set version = version + 1; reset role; drop owned by {role}; drop role {role}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut *connection).await.unwrap();
    assert!(find(&pool, instance).await.unwrap().is_waiting);
}
