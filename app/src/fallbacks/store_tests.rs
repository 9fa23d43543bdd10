//! Tests of how fallback redirects are saved, each against a PostgreSQL database of its own.

use sqlx::PgPool;

use super::{form::FallbackForm, store::save};
use crate::{
    database::StoreError,
    fixtures::{self, fallbacks, find, my_app},
    history::Actor,
    instances::store,
    redirects::{Fallbacks, Flow, Instance, Settings},
};

/// Creates `my-app` without fallback redirects, at version 1.
async fn create(pool: &PgPool) {
    fixtures::create(pool, &my_app()).await;
}

fn form(version: i64, values: &[(Flow, &str)]) -> FallbackForm {
    FallbackForm::of(&fallbacks(values), version)
}

/// What is stored now, and at which version.
async fn now(pool: &PgPool) -> (Fallbacks, i64) {
    let stored = find(pool, "my-app").await;
    (stored.fallbacks, stored.instance.version())
}

const EVERY_FLOW: [(Flow, &str); 7] = [
    (Flow::SignUp, "/welcome"),
    (Flow::SignIn, "https://myapp.com/dashboard?tab=1#top"),
    (Flow::SignOut, "HTTPS://www.MyApp.com"),
    (Flow::Logo, "/"),
    (Flow::CreateOrganization, "https://app.myapp.com:8443/new"),
    (Flow::LeaveOrganization, "/ünïcode"),
    (Flow::Waitlist, "/thanks"),
];

#[sqlx::test(migrations = "../migrations")]
async fn every_field_is_stored_as_typed_and_the_version_is_raised_once(pool: PgPool) {
    create(&pool).await;
    assert_eq!(save(&pool, &Actor::server(), "my-app", &form(1, &EVERY_FLOW)).await.unwrap(), 2);
    assert_eq!(now(&pool).await, (fallbacks(&EVERY_FLOW), 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn blanks_around_a_value_are_dropped_and_blanks_alone_mean_none(pool: PgPool) {
    create(&pool).await;
    let form =
        FallbackForm { after_sign_in_url: "  /in \n".into(), after_sign_up_url: " \t ".into(), version: 1, ..FallbackForm::default() };
    assert_eq!(save(&pool, &Actor::server(), "my-app", &form).await.unwrap(), 2);
    assert_eq!(now(&pool).await, (fallbacks(&[(Flow::SignIn, "/in")]), 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cleared_field_is_removed_and_the_others_stay(pool: PgPool) {
    create(&pool).await;
    save(&pool, &Actor::server(), "my-app", &form(1, &EVERY_FLOW)).await.unwrap();
    assert_eq!(save(&pool, &Actor::server(), "my-app", &form(2, &EVERY_FLOW[1..])).await.unwrap(), 3);
    assert_eq!(now(&pool).await, (fallbacks(&EVERY_FLOW[1..]), 3));
    assert_eq!(save(&pool, &Actor::server(), "my-app", &form(3, &[])).await.unwrap(), 4);
    assert_eq!(now(&pool).await, (Fallbacks::default(), 4));
}

#[sqlx::test(migrations = "../migrations")]
async fn saving_the_same_values_again_raises_nothing(pool: PgPool) {
    create(&pool).await;
    assert_eq!(save(&pool, &Actor::server(), "my-app", &form(1, &[])).await.unwrap(), 1);
    save(&pool, &Actor::server(), "my-app", &form(1, &EVERY_FLOW)).await.unwrap();
    assert_eq!(save(&pool, &Actor::server(), "my-app", &form(2, &EVERY_FLOW)).await.unwrap(), 2);
    assert_eq!(now(&pool).await, (fallbacks(&EVERY_FLOW), 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_save_from_an_old_version_is_a_conflict_that_carries_what_is_stored_now(pool: PgPool) {
    create(&pool).await;
    save(&pool, &Actor::server(), "my-app", &form(1, &[(Flow::SignIn, "/first")])).await.unwrap();
    for version in [1, 3, 0, -1, i64::MAX] {
        let late = save(&pool, &Actor::server(), "my-app", &form(version, &[(Flow::SignIn, "/late"), (Flow::SignUp, "//evil.com")])).await;
        let Err(StoreError::Conflict(conflict)) = late else { panic!("{version}: {late:?}") };
        assert_eq!((conflict.fallbacks, conflict.instance.version()), (fallbacks(&[(Flow::SignIn, "/first")]), 2));
    }
    assert_eq!(now(&pool).await, (fallbacks(&[(Flow::SignIn, "/first")]), 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_saves_at_once_exactly_one_wins(pool: PgPool) {
    create(&pool).await;
    for version in 1..=10 {
        let [left, right] = ["left", "right"].map(|side| [(Flow::SignIn, format!("/{side}/{version}"))]);
        let [left, right] = [&left, &right].map(|[(flow, value)]| form(version, &[(*flow, value.as_str())]));
        let actor = Actor::server();
        let answers = tokio::join!(save(&pool, &actor, "my-app", &left), save(&pool, &actor, "my-app", &right));
        let winner = match answers {
            (Ok(now), Err(StoreError::Conflict(_))) if now == version + 1 => left,
            (Err(StoreError::Conflict(_)), Ok(now)) if now == version + 1 => right,
            other => panic!("{other:?}"),
        };
        assert_eq!(now(&pool).await, (fallbacks(&[(Flow::SignIn, &winner.after_sign_in_url)]), version + 1));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_save_and_a_change_of_settings_at_once_do_not_both_win(pool: PgPool) {
    create(&pool).await;
    let renamed = Instance::parse(&Settings { name: "Renamed".into(), ..my_app() }, 1).unwrap();
    let (form, actor) = (form(1, &[(Flow::SignIn, "/in")]), Actor::server());
    let answers = tokio::join!(save(&pool, &actor, "my-app", &form), store::update(&pool, &actor, &renamed, "myapp.com", ""));
    let (fallbacks, version) = now(&pool).await;
    let renamed = find(&pool, "my-app").await.settings.name == "Renamed";
    assert_eq!(version, 2);
    match answers {
        (Ok(2), Err(StoreError::Conflict(_))) => assert!(fallbacks.get(Flow::SignIn) == Some("/in") && !renamed),
        (Err(StoreError::Conflict(_)), Ok(2)) => assert!(fallbacks.get(Flow::SignIn).is_none() && renamed),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_field_stores_nothing_of_the_others_and_every_refused_one_is_named(pool: PgPool) {
    create(&pool).await;
    let values =
        [(Flow::SignUp, "/fine"), (Flow::SignIn, "https://evil.com"), (Flow::Logo, "javascript:alert(1)"), (Flow::Waitlist, "/fine")];
    let refused = save(&pool, &Actor::server(), "my-app", &form(1, &values)).await;
    let Err(StoreError::Fields(errors)) = refused else { panic!("{refused:?}") };
    let named: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(named, ["after_sign_in_url", "logo_link_url"]);
    assert_eq!(now(&pool).await, (Fallbacks::default(), 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stored_value_that_is_no_longer_allowed_stays_and_does_not_block_the_others(pool: PgPool) {
    create(&pool).await;
    let old = "https://myapp.com/old";
    save(&pool, &Actor::server(), "my-app", &form(1, &[(Flow::SignIn, old)])).await.unwrap();
    let moved = Instance::parse(&Settings { domain: "moved.com".into(), ..my_app() }, 2).unwrap();
    assert_eq!(store::update(&pool, &Actor::server(), &moved, "moved.com", "").await.unwrap(), 3);
    let kept = [(Flow::SignIn, old), (Flow::SignUp, "/welcome")];
    assert_eq!(save(&pool, &Actor::server(), "my-app", &form(3, &kept)).await.unwrap(), 4);
    assert_eq!(now(&pool).await, (fallbacks(&kept), 4));

    for changed in [[(Flow::SignIn, "https://myapp.com/new"), (Flow::SignUp, "/welcome")], [(Flow::SignIn, old), (Flow::SignUp, old)]] {
        let refused = save(&pool, &Actor::server(), "my-app", &form(4, &changed)).await;
        assert!(matches!(&refused, Err(StoreError::Fields(errors)) if errors.len() == 1), "{refused:?}");
    }
    assert_eq!(now(&pool).await, (fallbacks(&kept), 4));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_save_that_fails_half_way_stores_nothing(pool: PgPool) {
    create(&pool).await;
    save(&pool, &Actor::server(), "my-app", &form(1, &[(Flow::SignOut, "/out")])).await.unwrap();
    // The version is raised last: what comes before it must be undone.
    for statement in [
        "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$",
        "create trigger refuse before update on instances for each row execute function refuse()",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    let failed = save(&pool, &Actor::server(), "my-app", &form(2, &[(Flow::SignIn, "/in")])).await;
    assert!(matches!(failed, Err(StoreError::Database(_))), "{failed:?}");
    assert_eq!(now(&pool).await, (fallbacks(&[(Flow::SignOut, "/out")]), 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_slug_has_nothing_to_save(pool: PgPool) {
    create(&pool).await;
    for slug in ["none", "", "MY-APP", "my-app ", "%"] {
        let unknown = save(&pool, &Actor::server(), slug, &form(1, &EVERY_FLOW)).await;
        assert!(matches!(unknown, Err(StoreError::NotFound)), "{slug:?}: {unknown:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_row_that_breaks_a_rule_is_refused_by_the_constraint_of_that_name(pool: PgPool) {
    create(&pool).await;
    save(&pool, &Actor::server(), "my-app", &form(1, &[(Flow::SignOut, "/out")])).await.unwrap();
    let id = find(&pool, "my-app").await.id;
    let long = format!("/{}", "ü".repeat(1024));
    for (id, flow, value, constraint) in [
        (id, "sign-out", "/twice", "fallback_redirects_pkey"),
        (id + 1, "sign-in", "/in", "fallback_redirects_instance_fkey"),
        (id, "signin", "/in", "fallback_redirects_flow_check"),
        (id, "", "/in", "fallback_redirects_flow_check"),
        (id, "sign-in", "", "fallback_redirects_value_check"),
        (id, "sign-in", "//evil.com", "fallback_redirects_value_check"),
        (id, "sign-in", "javascript:alert(1)", "fallback_redirects_value_check"),
        (id, "sign-in", "dashboard", "fallback_redirects_value_check"),
        (id, "sign-in", &long, "fallback_redirects_value_check"),
    ] {
        let inserted = sqlx::query("insert into fallback_redirects (instance_id, flow, value) values ($1, $2, $3)")
            .bind(id)
            .bind(flow)
            .bind(value)
            .execute(&pool)
            .await;
        let error = inserted.expect_err(value);
        assert_eq!(error.as_database_error().and_then(|error| error.constraint()), Some(constraint), "{flow} {value}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_with_a_history_stays(pool: PgPool) {
    create(&pool).await;
    save(&pool, &Actor::server(), "my-app", &form(1, &EVERY_FLOW)).await.unwrap();
    let refused = sqlx::query("delete from instances").execute(&pool).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().constraint(), Some("changes_instance_fkey"));
    assert_eq!(now(&pool).await, (fallbacks(&EVERY_FLOW), 2));
}
