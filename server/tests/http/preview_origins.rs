//! Preview origins on the whole way: allowed until the second, listed apart, shown in Settings, Preview and History.

use std::time::Duration;

use app::{
    history::Actor,
    preview_origins::store::{add, delete_expired},
    redirects::{Environment, Timestamp},
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::{
    common::{Site, fallback_form, instance_form, store_my_app, with},
    html::text,
};

const ORIGIN: &str = "https://my-app-git-x-my-team.vercel.app";
const RESOLVE: &str = "/portal/my-app/v1/resolve?flow=sign-in&redirect_url=https://my-app-git-x-my-team.vercel.app/x";
const REDIRECTS: &str = "/portal/my-app/v1/redirects";
const SETTINGS: &str = "/instances/my-app/settings";
const HISTORY: &str = "/instances/my-app/history";

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// Adds an origin for that many seconds. Returns its end.
async fn add_for(pool: &PgPool, who: &str, origin: &str, seconds: i64) -> Timestamp {
    let end = Timestamp::from_seconds(now() + seconds);
    let actor = Actor { name: who.to_owned(), ..Actor::server() };
    add(pool, &actor, "my-app", origin, end).await.unwrap();
    end
}

async fn source(site: &Site) -> Value {
    site.get(RESOLVE).await.json()["source"].clone()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_is_allowed_until_the_second_also_without_the_database(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let end = add_for(&pool, "ci", ORIGIN, 5).await.seconds();
    let site = Site::anonymous(&pool);
    let first = site.get(RESOLVE).await.json();
    assert!(now() >= end || first["source"] == "redirect_url", "{first}");
    pool.close().await;
    let (mut allowed, mut refused) = (0, 0);
    while refused == 0 {
        let before = now();
        let source = source(&site).await;
        let after = now();
        if after < end {
            assert_eq!(source, "redirect_url");
            allowed += 1;
        } else if before >= end {
            assert_eq!(source, "home_url");
            refused += 1;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(allowed > 0, "the database closed later than the origin");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_ground_is_an_allowed_origin_in_the_api(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    add_for(&pool, "ci", ORIGIN, 3_600).await;
    let resolved = Site::anonymous(&pool).get(RESOLVE).await.json();
    let step = json!({"source": "redirect_url", "value": format!("{ORIGIN}/x"), "outcome": "allowed", "ground": "allowed_origin"});
    assert_eq!((&resolved["target"], &resolved["steps"][1]), (&format!("{ORIGIN}/x").into(), &step));
}

#[sqlx::test(migrations = "../migrations")]
async fn they_are_listed_apart_and_an_answer_changes_with_its_version_only(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let none = Site::anonymous(&pool).get(REDIRECTS).await.json();
    assert!(none.get("preview_origins").is_none(), "{none}");
    add_for(&pool, "ci", "https://z.example", 3_600).await;
    sqlx::query("update preview_origins set expires_at = '2026-01-01T00:00:00Z'").execute(&pool).await.unwrap();
    let end = add_for(&pool, "ci", ORIGIN, 3_600).await;
    let answer = Site::anonymous(&pool).get(REDIRECTS).await;
    let (body, etag) = (answer.json(), answer.header("etag").to_owned());
    // The one that has expired is there until it is deleted, with another version.
    let expected = json!([{"origin": ORIGIN, "expires_at": end}, {"origin": "https://z.example", "expires_at": "2026-01-01T00:00:00Z"}]);
    assert_eq!((&body["preview_origins"], &body["allowed_origins"]), (&expected, &none["allowed_origins"]));
    assert_eq!(body["version"], 3);
    assert_eq!(Site::anonymous(&pool).get_with(REDIRECTS, &[("if-none-match", &etag)]).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(delete_expired(&pool).await.unwrap(), 1);
    let later = Site::anonymous(&pool).get_with(REDIRECTS, &[("if-none-match", &etag)]).await;
    assert_eq!((later.status, &later.json()["version"]), (StatusCode::OK, &json!(4)));
    assert_eq!(later.json()["preview_origins"], json!([{"origin": ORIGIN, "expires_at": end}]));
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_list_and_remove_them_without_javascript(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    add_for(&pool, "the build", ORIGIN, 3_600).await;
    let site = Site::new(&pool).await;
    assert_eq!(source(&site).await, "redirect_url");
    let page = site.get(SETTINGS).await;
    let shown = text(page.text());
    assert!(shown.contains(ORIGIN) && shown.contains("by the build"), "{shown}");
    let removed = site.post(&format!("{SETTINGS}/preview-origins/remove"), &[("origin", ORIGIN)]).await;
    assert_eq!(
        (removed.status, removed.header("location")),
        (StatusCode::SEE_OTHER, "/instances/my-app/settings?preview-origin-removed#preview-origins")
    );
    assert_eq!(source(&site).await, "home_url", "served at once");
    let again = site.post(&format!("{SETTINGS}/preview-origins/remove"), &[("origin", ORIGIN)]).await;
    assert_eq!(again.header("location"), "/instances/my-app/settings#preview-origins", "nothing was removed");
    let after = text(site.get(&format!("{SETTINGS}?preview-origin-removed")).await.text());
    assert!(after.contains("The preview origin was removed.") && !after.contains(ORIGIN), "{after}");
}

#[sqlx::test(migrations = "../migrations")]
async fn neither_a_redirect_nor_the_home_url_is_saved_there_and_the_error_says_so(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    add_for(&pool, "ci", ORIGIN, 3_600).await;
    let site = Site::new(&pool).await;
    let target = format!("{ORIGIN}/in");
    let forms = [
        ("/instances/my-app/redirects", with(fallback_form("2"), "after_sign_in_url", &target)),
        (SETTINGS, with(with(instance_form(), "version", "2"), "home_url", &target)),
    ];
    for (path, form) in forms {
        let answer = site.post(path, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(text(answer.text()).contains("and nothing can be stored on one."), "{path} {}", text(answer.text()));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn preview_says_until_when(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let end = add_for(&pool, "ci", ORIGIN, 3_600).await;
    let site = Site::new(&pool).await;
    let page = site.get("/instances/my-app/preview?redirect_url=https://my-app-git-x-my-team.vercel.app/x").await;
    let shown = text(page.text());
    assert!(shown.contains(&format!("It is on a preview origin, which is allowed until {end}.")), "{shown}");
    sqlx::query("update preview_origins set expires_at = '2026-01-01T09:30:00Z'").execute(&pool).await.unwrap();
    let page = site.get("/instances/my-app/preview?redirect_url=https://my-app-git-x-my-team.vercel.app/x").await;
    assert!(text(page.text()).contains("was a preview origin until 1 Jan 2026, 09:30 UTC."), "{}", text(page.text()));
}

#[sqlx::test(migrations = "../migrations")]
async fn many_of_one_build_are_one_line_of_the_history(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    for n in 0..120 {
        add_for(&pool, "the build", &format!("https://p{n}.example"), 3_600).await;
    }
    let page = Site::new(&pool).await.get(HISTORY).await;
    let shown = text(page.text());
    assert!(shown.contains("added 120 preview origins") && shown.contains("created the instance"), "{shown}");
    assert!(!page.text().contains(r#"rel="next""#), "all of it is on one page");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_settings_stay_in_force_when_preview_origins_come_and_go(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    add_for(&pool, "ci", ORIGIN, 3_600).await;
    add_for(&pool, "ci", "https://z.example", 3_600).await;
    for expired in [false, true] {
        if expired {
            sqlx::query("update preview_origins set expires_at = '2026-01-01T00:00:00Z'").execute(&pool).await.unwrap();
            assert_eq!(delete_expired(&pool).await.unwrap(), 2);
        }
        let page = site.get(HISTORY).await;
        let shown = text(page.text());
        assert!(shown.contains("Version 1, in force") && shown.matches("in force").count() == 1, "{shown}");
        assert!(!page.text().contains(&format!("{HISTORY}/1\"")), "restoring it would change nothing");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_build_takes_one_line_of_the_overview(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    for n in 0..5 {
        add_for(&pool, "the build", &format!("https://p{n}.example"), 3_600).await;
    }
    let shown = text(Site::new(&pool).await.get("/instances/my-app").await.text());
    assert!(shown.contains("added 5 preview origins") && shown.contains("created the instance"), "{shown}");
}
