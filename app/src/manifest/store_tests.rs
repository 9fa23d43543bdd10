use sqlx::PgPool;

use super::*;
use crate::{
    database::StoreError,
    fixtures::{create_owned, find, member, my_app, other_app, owner, save_fallbacks, somebody},
    history::Actor,
    instances::{save::DashboardHost, store::find_any},
    members::role::Role,
    redirects::{Fallbacks, Flow},
};

type Record = (String, Option<i64>);

async fn records(pool: &PgPool, slug: &str) -> Vec<Record> {
    sqlx::query_as(
        "select kind, c.version from changes c join instances i on i.id = c.instance_id where slug = $1 and kind <> 'joined' order by c.id",
    )
    .bind(slug)
    .fetch_all(pool)
    .await
    .unwrap()
}

async fn plan(pool: &PgPool, slug: &str, wanted: &InstanceSettings) -> Change {
    let stored = find_any(pool, slug).await.unwrap();
    plan_one(slug, stored.as_ref(), wanted, &DashboardHost::default()).unwrap()
}

fn wanted() -> InstanceSettings {
    let mut redirects = Fallbacks::default();
    redirects.set(Flow::SignIn, "https://partner.example.org/in");
    InstanceSettings {
        name: "MyApp".into(),
        environment: crate::redirects::Environment::Production,
        domain: "MyApp.com".into(),
        allowed_origins: vec!["https://partner.example.org".into()],
        redirects: Redirects(redirects),
        portal_enabled: false,
        visits_counted: true,
        ..InstanceSettings::default()
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_is_created_whole_and_then_it_is_the_same(pool: PgPool) {
    let change = plan(&pool, "my-app", &wanted()).await;
    assert_eq!(change.action, Action::Create);
    assert_eq!(apply(&pool, &Actor::command_line(), &change, None).await.unwrap(), 1);
    let stored = find(&pool, "my-app").await;
    assert_eq!(InstanceSettings::of(&stored), wanted());
    assert_eq!(stored.domain_typed, "MyApp.com");
    assert_eq!(records(&pool, "my-app").await, [("created".into(), Some(1)), ("portal_disabled".into(), None)]);
    let again = plan(&pool, "my-app", &wanted()).await;
    assert_eq!((again.action, apply(&pool, &Actor::command_line(), &again, None).await.unwrap()), (Action::Same, 1));
    assert_eq!(records(&pool, "my-app").await.len(), 2, "nothing is written");
}

#[sqlx::test(migrations = "../migrations")]
async fn all_that_differs_is_one_version(pool: PgPool) {
    let owner = owner(&pool).await;
    create_owned(&pool, &owner, &my_app()).await;
    let change = plan(&pool, "my-app", &wanted()).await;
    let pointers: Vec<&str> = change.fields.iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(pointers, ["/domain", "/allowed_origins", "/redirects/after_sign_in_url", "/portal_enabled"]);
    assert_eq!(apply(&pool, &owner, &change, None).await.unwrap(), 2);
    assert_eq!(InstanceSettings::of(&find(&pool, "my-app").await), wanted());
    let expected: [Record; 3] = [("created".into(), Some(1)), ("settings".into(), Some(2)), ("portal_disabled".into(), None)];
    assert_eq!(records(&pool, "my-app").await, expected);
    // A redirect or a switch alone is recorded as what it is.
    let mut other = wanted();
    other.redirects.0.set(Flow::SignIn, "/in");
    assert_eq!(apply(&pool, &owner, &plan(&pool, "my-app", &other).await, None).await.unwrap(), 3);
    other.visits_counted = false;
    assert_eq!(apply(&pool, &owner, &plan(&pool, "my-app", &other).await, None).await.unwrap(), 4);
    let last = records(&pool, "my-app").await;
    assert_eq!(last[3..], [("redirects".into(), Some(3)), ("visits_not_counted".into(), Some(4))]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_save_since_the_plan_is_a_conflict_and_nothing_is_half_done(pool: PgPool) {
    let owner = owner(&pool).await;
    create_owned(&pool, &owner, &my_app()).await;
    let change = plan(&pool, "my-app", &wanted()).await;
    let archive = Change::archive(find(&pool, "my-app").await);
    save_fallbacks(&pool, &somebody("ben"), "my-app", &[(Flow::SignOut, "/bye")]).await;
    let before = InstanceSettings::of(&find(&pool, "my-app").await);
    for change in [change, archive] {
        let Err(StoreError::Conflict(stored)) = apply(&pool, &owner, &change, None).await else { panic!("{change:?}") };
        assert_eq!(stored.instance.version(), 2);
        assert_eq!(InstanceSettings::of(&find(&pool, "my-app").await), before);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_portal_origin_that_another_instance_has_leaves_everything_as_it_was(pool: PgPool) {
    let owner = owner(&pool).await;
    create_owned(&pool, &owner, &my_app()).await;
    create_owned(&pool, &owner, &other_app("other")).await;
    let taken = InstanceSettings { portal_origin: Some("https://accounts.other.com".into()), ..wanted() };
    for slug in ["my-app", "new-one"] {
        let change = plan(&pool, slug, &taken).await;
        assert_eq!(change.new_portal_host(), Some("accounts.other.com"));
        let Err(StoreError::Fields(errors)) = apply(&pool, &owner, &change, None).await else { panic!("{slug}") };
        assert_eq!(errors[0].field, "portal_origin");
    }
    let stored = find(&pool, "my-app").await;
    assert_eq!((stored.instance.version(), stored.fallbacks), (1, Fallbacks::default()));
    assert!(find_any(&pool, "new-one").await.unwrap().is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn only_owners_archive_and_only_editors_save(pool: PgPool) {
    let owner = owner(&pool).await;
    create_owned(&pool, &owner, &my_app()).await;
    let editor = member(&pool, "ed@myapp.com", "my-app", Role::Editor).await;
    let viewer = member(&pool, "vi@myapp.com", "my-app", Role::Viewer).await;
    let change = plan(&pool, "my-app", &wanted()).await;
    assert!(matches!(apply(&pool, &viewer, &change, None).await, Err(StoreError::Forbidden)));
    assert_eq!(apply(&pool, &editor, &change, None).await.unwrap(), 2);
    let archive = Change::archive(find(&pool, "my-app").await);
    assert!(matches!(apply(&pool, &editor, &archive, None).await, Err(StoreError::Forbidden)));
    assert_eq!(apply(&pool, &owner, &archive, None).await.unwrap(), 3);
    let archived = find_any(&pool, "my-app").await.unwrap();
    let refused = plan_one("my-app", archived.as_ref(), &wanted(), &DashboardHost::default()).unwrap_err();
    assert!(refused[0].message.contains("archived"), "{refused:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_today_s_rules_refuse_may_stay_as_it_is(pool: PgPool) {
    create_owned(&pool, &owner(&pool).await, &my_app()).await;
    sqlx::query("update instances set allowed_origins = '{https://*.vercel.app}'").execute(&pool).await.unwrap();
    let settings = InstanceSettings::of(&find_any(&pool, "my-app").await.unwrap().unwrap());
    assert_eq!(plan(&pool, "my-app", &settings).await.action, Action::Same);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_owners_change_applications_and_whether_an_address_is_confirmed(pool: PgPool) {
    let owner = owner(&pool).await;
    create_owned(&pool, &owner, &my_app()).await;
    let editor = member(&pool, "ben@myapp.com", "my-app", Role::Editor).await;
    let stored = InstanceSettings::of(&find(&pool, "my-app").await);
    let wanted = InstanceSettings { application_origins: vec!["https://App.myapp.com".into()], names_in_tokens: true, ..stored.clone() };
    let change = plan(&pool, "my-app", &wanted).await;
    let pointers: Vec<&str> = change.fields.iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(pointers, ["/application_origins", "/names_in_tokens"]);
    assert!(matches!(apply(&pool, &editor, &change, None).await, Err(StoreError::Forbidden)));
    assert_eq!(InstanceSettings::of(&find(&pool, "my-app").await), stored, "nothing is half done");
    assert_eq!(apply(&pool, &owner, &change, None).await.unwrap(), 2);
    assert_eq!(find(&pool, "my-app").await.applications.origins, ["https://app.myapp.com"]);
    // The same of a confirmed email address.
    let stored = InstanceSettings::of(&find(&pool, "my-app").await);
    let wanted = InstanceSettings { requires_confirmed_email: true, ..stored.clone() };
    let change = plan(&pool, "my-app", &wanted).await;
    let pointers: Vec<&str> = change.fields.iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(pointers, ["/requires_confirmed_email"]);
    assert!(matches!(apply(&pool, &editor, &change, None).await, Err(StoreError::Forbidden)));
    assert_eq!(InstanceSettings::of(&find(&pool, "my-app").await), stored);
    assert_eq!(apply(&pool, &owner, &change, None).await.unwrap(), 3);
    assert_eq!(InstanceSettings::of(&find(&pool, "my-app").await), wanted);
    let elsewhere = InstanceSettings { application_origins: vec!["https://app.myapp.com".into(), "https://evil.com".into()], ..wanted };
    let now = find(&pool, "my-app").await;
    let errors = plan_one("my-app", Some(&now), &elsewhere, &DashboardHost::default()).unwrap_err();
    assert_eq!(errors[0].pointer, "/application_origins/1");
}
