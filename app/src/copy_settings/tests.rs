//! Tests of copying settings: what is proposed, and what a PostgreSQL database of each test's own has afterwards.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    form::CopyForm,
    plan::Plan,
    store::{CopyError, copy},
};
use crate::{
    database::StoreError,
    fixtures::{self, fallbacks, find, other_app, save_fallbacks, somebody},
    history::Actor,
    instances::stored::StoredInstance,
    redirects::{Environment, Flow, Settings},
};

const DEVELOPMENT: &str = "my-app-dev";
const PRODUCTION: &str = "my-app";

fn actor() -> Actor {
    somebody("ana@myapp.com")
}

fn settings(slug: &str, origins: &[&str]) -> Settings {
    let (environment, domain) =
        if slug == PRODUCTION { (Environment::Production, "myapp.com") } else { (Environment::Development, "localhost") };
    Settings {
        environment,
        domain: domain.into(),
        portal_origin: format!("https://{slug}.example"),
        allowed_origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
        ..other_app(slug)
    }
}

fn instance(slug: &str, origins: &[&str], values: &[(Flow, &str)]) -> StoredInstance {
    fixtures::stored(settings(slug, origins), values)
}

/// Creates an instance and saves its fallback redirects as version 2.
async fn create(pool: &PgPool, slug: &str, origins: &[&str], values: &[(Flow, &str)]) {
    fixtures::create(pool, &settings(slug, origins)).await;
    assert_eq!(save_fallbacks(pool, &actor(), slug, values).await, 2);
}

fn form(origins: &[&str], flows: &[Flow]) -> CopyForm {
    CopyForm {
        from_save_id: String::new(),
        save_id: String::new(),
        from: DEVELOPMENT.into(),
        from_version: 2,
        version: 2,
        origin: origins.iter().map(|&origin| origin.to_owned()).collect(),
        flow: flows.iter().map(|flow| flow.name().to_owned()).collect(),
        rewrite: String::new(),
        confirmed: String::new(),
    }
}

#[test]
fn what_differs_is_proposed_and_what_the_rules_refuse_is_named() {
    let target = instance(PRODUCTION, &["https://both.org"], &[(Flow::SignUp, "/same"), (Flow::SignIn, "/now"), (Flow::Logo, "/kept")]);
    let source = instance(
        DEVELOPMENT,
        &["http://localhost:5173", "http://localhost:*", "https://both.org", "https://new.org"],
        &[
            (Flow::SignUp, "/same"),
            (Flow::SignIn, "/then"),
            (Flow::SignOut, "http://localhost:3000/out"),
            (Flow::Waitlist, "https://new.org/thanks"),
        ],
    );
    let plan = Plan::new(&target, &source, None);
    let origins: Vec<_> = plan.origins().iter().map(|row| (row.text.as_str(), row.refused.as_deref())).collect();
    let insecure = Some("http is for development only. Use https.");
    let any_port =
        "A * as the port works on localhost in development only. Name the port, or add this origin to your development instance.";
    assert_eq!(origins, [("http://localhost:5173", insecure), ("http://localhost:*", Some(any_port)), ("https://new.org", None)]);
    let redirects: Vec<_> =
        plan.redirects().iter().map(|row| (row.flow, row.refused.as_ref().map(ToString::to_string), plan.needs(row))).collect();
    let insecure = "Production requires https. Change http:// to https://.".to_owned();
    let expected = [(Flow::SignIn, None, None), (Flow::SignOut, Some(insecure), None), (Flow::Waitlist, None, Some("https://new.org"))];
    assert_eq!(redirects, expected);
    assert_eq!(plan.allowed_origins(), ["https://both.org", "https://new.org"]);
    let after = [(Flow::SignUp, "/same"), (Flow::SignIn, "/then"), (Flow::Logo, "/kept"), (Flow::Waitlist, "https://new.org/thanks")];
    assert_eq!(plan.fallbacks(), fallbacks(&after));
    assert_eq!(plan.left_out(), ["allowed_origins", "after_sign_out_url"]);
}

#[test]
fn between_two_that_are_alike_there_is_nothing_to_copy() {
    let values = [(Flow::SignIn, "/in")];
    let target = instance(PRODUCTION, &["https://a.org"], &values);
    for (origins, values) in
        [(&["https://a.org"][..], &values[..]), (&[], &[]), (&["http://localhost"], &[(Flow::Logo, "http://myapp.com/")])]
    {
        assert!(Plan::new(&target, &instance(DEVELOPMENT, origins, values), None).changes_nothing(), "{origins:?}");
    }
}

#[test]
fn more_origins_than_an_instance_may_have_are_refused() {
    let many: Vec<String> = (0..49).map(|number| format!("https://{number}.org")).collect();
    let target = instance(PRODUCTION, &many.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    let plan = Plan::new(&target, &instance(DEVELOPMENT, &["https://a.org", "https://b.org"], &[]), None);
    assert_eq!(plan.allowed_origins().len(), 50);
    assert_eq!(plan.origins()[1].refused.as_deref(), Some("50 origins at most, and there are as many already."));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_checked_is_copied_as_one_version_and_one_change(pool: PgPool) {
    create(
        &pool,
        DEVELOPMENT,
        &["https://new.org", "https://not.org"],
        &[(Flow::SignIn, "/then"), (Flow::SignUp, "/not"), (Flow::Logo, "https://new.org/")],
    )
    .await;
    create(&pool, PRODUCTION, &["https://own.org"], &[(Flow::SignIn, "/now"), (Flow::SignOut, "/kept")]).await;
    let left_out = copy(&pool, &actor(), PRODUCTION, &form(&["https://new.org"], &[Flow::SignIn, Flow::Logo]), None).await.unwrap();
    assert_eq!(left_out.left_out, [""; 0]);
    let now = find(&pool, PRODUCTION).await;
    assert_eq!(now.instance.version(), 3);
    assert_eq!(
        now.settings,
        Settings { home_url: "https://myapp.com/".into(), ..settings(PRODUCTION, &["https://own.org", "https://new.org"]) }
    );
    assert_eq!(now.fallbacks, fallbacks(&[(Flow::SignIn, "/then"), (Flow::SignOut, "/kept"), (Flow::Logo, "https://new.org/")]));
    assert_eq!(find(&pool, DEVELOPMENT).await.instance.version(), 2);

    let query = "select kind, version, who, about, before, after from changes where instance_id = $1 and version > 2";
    let rows: Vec<(String, i64, String, String, Value, Value)> = sqlx::query_as(query).bind(now.id).fetch_all(&pool).await.unwrap();
    let before = json!({ "allowed_origins": ["https://own.org"], "after_sign_in_url": "/now", "logo_link_url": null });
    let after = json!({
        "allowed_origins": ["https://own.org", "https://new.org"], "after_sign_in_url": "/then", "logo_link_url": "https://new.org/",
    });
    assert_eq!(rows, [("copied".into(), 3, "ana@myapp.com".into(), DEVELOPMENT.into(), before, after)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_redirect_without_the_origin_that_it_needs_is_left_out_and_the_rest_is_copied(pool: PgPool) {
    create(&pool, DEVELOPMENT, &["https://new.org", "http://localhost"], &[(Flow::SignIn, "/then"), (Flow::Logo, "https://new.org/")])
        .await;
    create(&pool, PRODUCTION, &[], &[(Flow::Logo, "/now")]).await;
    let hand_made = form(&["http://localhost", "https://evil.com"], &[Flow::SignIn, Flow::Logo]);
    assert_eq!(copy(&pool, &actor(), PRODUCTION, &hand_made, None).await.unwrap().left_out, ["allowed_origins", "logo_link_url"]);
    let now = find(&pool, PRODUCTION).await;
    assert_eq!(now.fallbacks, fallbacks(&[(Flow::SignIn, "/then"), (Flow::Logo, "/now")]));
    assert_eq!(now.settings.allowed_origins, [""; 0]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_would_change_nothing_or_is_out_of_date_stores_nothing(pool: PgPool) {
    create(&pool, DEVELOPMENT, &["http://localhost"], &[(Flow::SignIn, "/then"), (Flow::Logo, "http://localhost/")]).await;
    create(&pool, PRODUCTION, &[], &[(Flow::SignUp, "/now")]).await;
    let fine = form(&[], &[Flow::SignIn]);
    let other = |change: fn(&mut CopyForm)| {
        let mut form = fine.clone();
        change(&mut form);
        form
    };
    for (form, expected) in [
        (form(&[], &[]), "Nothing"),
        (form(&["http://localhost"], &[Flow::Logo, Flow::SignUp]), "Nothing"),
        (other(|form| form.version = 1), "Stale"),
        (other(|form| form.version = i64::MAX), "Stale"),
        (other(|form| form.from_version = 1), "Stale"),
        (other(|form| form.from_version = 3), "Stale"),
        (other(|form| form.from = PRODUCTION.into()), "Itself"),
        (other(|form| form.from = "none".into()), "Store(NotFound)"),
        (other(|form| form.from = "\0".into()), "Store(NotFound)"),
    ] {
        let error = copy(&pool, &actor(), PRODUCTION, &form, None).await.unwrap_err();
        assert_eq!(format!("{error:?}"), expected, "{form:?}");
    }
    let missing = copy(&pool, &actor(), "none", &fine, None).await;
    assert!(matches!(missing, Err(CopyError::Store(StoreError::NotFound))));
    assert_eq!(find(&pool, PRODUCTION).await.instance.version(), 2);
    copy(&pool, &actor(), PRODUCTION, &fine, None).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_copies_at_once_exactly_one_is_made(pool: PgPool) {
    create(&pool, DEVELOPMENT, &[], &[(Flow::SignIn, "/then"), (Flow::Logo, "/then")]).await;
    create(&pool, PRODUCTION, &[], &[(Flow::SignUp, "/up")]).await;
    let (left, right, actor) = (form(&[], &[Flow::SignIn]), form(&[], &[Flow::Logo]), actor());
    let answers = tokio::join!(copy(&pool, &actor, PRODUCTION, &left, None), copy(&pool, &actor, PRODUCTION, &right, None));
    assert!(matches!(answers, (Ok(_), Err(CopyError::Stale)) | (Err(CopyError::Stale), Ok(_))), "{answers:?}");
    assert_eq!(find(&pool, PRODUCTION).await.instance.version(), 3);
}
