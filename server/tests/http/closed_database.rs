//! When the database does not answer: a 503 everywhere, soon, and nothing that was typed is lost.

use app::redirects::Environment;
use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use crate::{
    common::{Fields, Site, fallback_form, instance_form, store_my_app, with},
    html::{text, value, values},
};

/// Everything that is served, over a database that is gone.
async fn site_without_database(pool: &PgPool) -> Site {
    store_my_app(pool, Environment::Production).await;
    let site = Site::new(pool).await;
    pool.close().await;
    site
}

#[sqlx::test(migrations = "../migrations")]
async fn the_portal_api_asks_to_try_again(pool: PgPool) {
    let site = site_without_database(&pool).await;
    let detail = "The instance's settings can't be read right now. Try again in a moment.";
    let expected = json!({"type": "about:blank", "title": "Unavailable", "status": 503, "detail": detail});
    for path in ["/portal/my-app/v1/redirects", "/portal/my-app/v1/resolve?flow=sign-in", "/v1/redirects", "/v1/resolve?flow=sign-in"] {
        let answer = site.get(path).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::SERVICE_UNAVAILABLE, expected.clone()), "{path}");
        assert_eq!((answer.header("retry-after"), answer.header("content-type")), ("5", "application/problem+json"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_says_so(pool: PgPool) {
    let site = site_without_database(&pool).await;
    for path in [
        "/instances",
        "/instances/new",
        "/instances/my-app",
        "/instances/my-app/redirects",
        "/instances/my-app/preview/links",
        "/instances/my-app/settings",
        "/instances/none",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(text(answer.text()).contains("The database does not answer right now. Nothing is lost; try again in a moment."), "{path}");
        assert!(!answer.text().contains("<form"), "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_post_keeps_what_was_typed_to_be_sent_again(pool: PgPool) {
    let site = site_without_database(&pool).await;
    let markup = "\"><script>alert(1)</script>";
    let redirects = with(with(fallback_form("1"), "after_sign_in_url", "/in"), "logo_link_url", markup);
    let instance = with(with(instance_form(), "name", markup), "home_url", "https://myapp.com/home");
    let wrong = with(instance.clone(), "domain", "https://wrong");
    let forms: [(&str, Fields<'_>); 6] = [
        ("/instances/my-app/redirects", redirects),
        ("/instances/my-app/settings", with(instance.clone(), "version", "1")),
        ("/instances/my-app/settings", wrong.clone()),
        ("/instances/new", instance),
        ("/instances/new", wrong),
        ("/instances/my-app/portal", vec![("pages", "off")]),
    ];
    for (path, form) in forms {
        let answer = site.post(path, &form).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        let page = answer.text();
        assert!(text(page).contains("What you typed is kept on this page. Try again"), "{path}");
        assert!(page.contains("<form method=\"post\">") && !page.contains("<script>alert"), "{path}");
        for (name, typed) in form {
            assert_eq!(value(page, name), typed, "{path} {name}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_save_that_fails_in_the_middle_stores_nothing_and_keeps_what_was_typed(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    // The last thing that a save does is to write down the change: everything before it has been let through.
    sqlx::query("alter table changes rename to gone").execute(&pool).await.unwrap();
    let forms: [(&str, Fields<'_>); 3] = [
        ("/instances/my-app/redirects", with(fallback_form("1"), "after_sign_in_url", "/in")),
        ("/instances/my-app/settings", with(with(instance_form(), "version", "1"), "name", "Renamed")),
        ("/instances/my-app/portal", vec![("pages", "off")]),
    ];
    for (path, form) in forms {
        let answer = site.post(path, &form).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        let page = text(answer.text());
        assert!(
            page.contains("The database does not answer right now.") && page.contains("What you typed is kept on this page."),
            "{path}"
        );
        for (name, typed) in form {
            assert_eq!(value(answer.text(), name), typed, "{path} {name}");
        }
    }
    let served = site.get("/portal/my-app/v1/redirects").await.json();
    assert_eq!((&served["version"], &served["redirects"]["after_sign_in_url"]["value"]), (&1.into(), &serde_json::Value::Null));
}

#[sqlx::test(migrations = "../migrations")]
async fn fields_that_repeat_are_all_kept(pool: PgPool) {
    let site = site_without_database(&pool).await;
    let mut form = with(instance_form(), "allowed_origins", "https://a.com");
    form.push(("allowed_origins", "https://b.com"));
    let answer = site.post("/instances/new", &form).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(values(answer.text(), "allowed_origins"), ["https://a.com", "https://b.com"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_verdict_is_unavailable(pool: PgPool) {
    let site = site_without_database(&pool).await;
    let body = json!({"slug": "my-app", "flow": "sign-in", "value": "/x"}).to_string();
    let answer = site.post_body("/api/check_fallback", &[("content-type", "application/json")], body).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::SERVICE_UNAVAILABLE, json!("unavailable")));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_wrong_with_a_request_is_still_said(pool: PgPool) {
    let site = site_without_database(&pool).await;
    assert_eq!(site.get("/portal/my-app/v1/nope").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.post("/portal/my-app/v1/redirects", &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    // It may be a portal's host: nobody knows.
    assert_eq!(site.get_with("/instances", &[("host", "evil.example")]).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
