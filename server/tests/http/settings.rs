//! `POST /instances/{slug}/settings`: an instance changed, and what somebody else saved meanwhile.

use app::{
    instances::store,
    redirects::{Environment, Flow},
};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Fields, Site, instance_form, other_app, store_fallbacks, store_instance, store_my_app, with},
    html::{error_of, summary, text, value, verdict_of},
};

const PATH: &str = "/instances/my-app/settings";

/// The settings form of `my-app` as it is stored, read at this version.
fn form(version: &str) -> Fields<'_> {
    with(with(with(instance_form(), "version", version), "slug", "my-app"), "name", "MyApp")
}

async fn stored_name(pool: &PgPool) -> String {
    store::find(pool, "my-app").await.unwrap().unwrap().settings.name
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_is_stored_and_said(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let answer = site.post(PATH, &with(form("1"), "name", "Renamed")).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/settings?saved"));
    let page = site.get(answer.header("location")).await;
    assert!(text(page.text()).contains("Saved. Links follow it from now on."));
    assert_eq!((value(page.text(), "name"), value(page.text(), "version")), ("Renamed".into(), "2".into()));
    assert!(!text(site.get(PATH).await.text()).contains("Saved."));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_slug_is_fixed_whatever_is_posted(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for slug in ["other", "", "new", "<b>"] {
        let answer = site.post(PATH, &with(form("1"), "slug", slug)).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/settings?saved"), "{slug}");
    }
    assert_eq!(site.get("/instances/other/settings").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(PATH).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_default_origin_and_home_url_stay_empty_and_follow_the_domain(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let page = site.get(PATH).await;
    assert_eq!((value(page.text(), "portal_origin"), value(page.text(), "home_url")), (String::new(), String::new()));
    site.post(PATH, &with(form("1"), "domain", "moved.com")).await;
    let served = site.get("/portal/my-app/v1/redirects").await.json();
    assert_eq!((&served["portal_origin"], &served["home_url"]), (&"https://accounts.moved.com".into(), &"https://moved.com/".into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_fallback_that_a_new_domain_no_longer_allows_is_kept_and_marked(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "https://myapp.com/in"), (Flow::SignUp, "/up")]).await;
    let site = Site::new(&pool).await;
    assert_eq!(site.post(PATH, &with(form("2"), "domain", "moved.com")).await.status, StatusCode::SEE_OTHER);
    let saved = text(site.get("/instances/my-app/settings?saved").await.text());
    assert!(saved.contains("After sign-in is skipped now, because these settings don't allow what is stored there."), "{saved}");
    assert!(!text(site.get(PATH).await.text()).contains("is skipped now"));
    let page = site.get("/instances/my-app/redirects").await;
    assert_eq!(value(page.text(), "after_sign_in_url"), "https://myapp.com/in");
    let verdict = verdict_of(page.text(), "after_sign_in_url").unwrap();
    assert!(verdict.starts_with("No longer allowed, so it is skipped. myapp.com is not on moved.com."), "{verdict}");
    assert_eq!(verdict_of(page.text(), "after_sign_up_url").as_deref(), Some("Goes to https://moved.com/up"));
    let resolved = site.get("/portal/my-app/v1/resolve?flow=sign-in").await.json();
    assert_eq!((&resolved["target"], &resolved["source"]), (&"https://moved.com/".into(), &"home_url".into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_wrong_field_stores_nothing_and_keeps_everything_typed(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let answer = site.post(PATH, &with(with(form("1"), "name", "Renamed"), "domain", "https://myapp.com")).await;
    assert_eq!((answer.status, summary(answer.text())), (StatusCode::UNPROCESSABLE_ENTITY, vec!["domain".to_owned()]));
    let message = "Enter only the host name, like myapp.com, without https://, port or path.";
    assert_eq!(error_of(answer.text(), "domain"), Some(format!("{message} Use myapp.com")));
    assert_eq!((value(answer.text(), "name"), value(answer.text(), "domain")), ("Renamed".into(), "https://myapp.com".into()));
    assert_eq!(stored_name(&pool).await, "MyApp");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_portal_origin_that_is_taken_is_said_beside_its_field(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_instance(&pool, &other_app("other")).await;
    let answer = Site::new(&pool).await.post(PATH, &with(form("1"), "portal_origin", "https://accounts.other.com")).await;
    assert_eq!((answer.status, summary(answer.text())), (StatusCode::UNPROCESSABLE_ENTITY, vec!["portal_origin".to_owned()]));
    assert_eq!(value(answer.text(), "portal_origin"), "https://accounts.other.com");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_saves_second_is_saved_together_with_the_others_changes(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let opened = site.get(PATH).await;
    let theirs = [("name", "Theirs"), ("environment", "development"), ("home_url", "https://myapp.com/home")];
    assert_eq!(site.edit(&opened, PATH, &theirs).await.status, StatusCode::SEE_OTHER);
    let mine = [("portal_origin", "https://portal.myapp.com"), ("allowed_origins", "https://fine.org")];
    let answer = site.edit(&opened, PATH, &mine).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/settings?merged"));
    let served = site.get("/portal/my-app/v1/redirects").await.json();
    assert_eq!((&served["environment"], &served["home_url"]), (&"development".into(), &"https://myapp.com/home".into()));
    assert_eq!((&served["portal_origin"], &served["version"]), (&"https://portal.myapp.com".into(), &3.into()));
    assert_eq!((&served["allowed_origins"][0], stored_name(&pool).await), (&"https://fine.org".into(), "Theirs".into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_wrong_field_does_not_hide_that_somebody_saved_in_between(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let opened = site.get(PATH).await;
    site.edit(&opened, PATH, &[("name", "Theirs")]).await;
    let wrong = site.edit(&opened, PATH, &[("domain", "co.uk")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let corrected = site.edit(&wrong, PATH, &[("domain", "corrected.com")]).await;
    assert_eq!((corrected.header("location"), stored_name(&pool).await), ("/instances/my-app/settings?merged", "Theirs".into()));
    assert_eq!(site.get("/portal/my-app/v1/redirects").await.json()["domain"], "corrected.com");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_that_is_not_there_cannot_be_changed(pool: PgPool) {
    let site = Site::new(&pool).await;
    for path in ["/instances/none/settings", "/instances/new/settings"] {
        let answer = site.post(path, &form("1")).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
    assert_eq!(site.post("/instances/none/settings", &form("1")).await.status, StatusCode::NOT_FOUND);
    let wrong = site.post("/instances/none/settings", &with(form("1"), "domain", "")).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
}
