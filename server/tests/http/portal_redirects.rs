//! `GET /v1/redirects`: an instance's settings, by its slug or its host, kept by their version.

use app::redirects::{Environment, Flow, Settings};
use axum::http::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;

use crate::common::{Site, my_app, other_app, request, store_fallbacks, store_instance, store_my_app};

const PATH: &str = "/portal/my-app/v1/redirects";

#[sqlx::test(migrations = "../migrations")]
async fn an_instances_settings_are_one_json_document(pool: PgPool) {
    let settings = Settings {
        environment: Environment::Development,
        portal_origin: "http://accounts.localhost:3000".into(),
        home_url: "https://myapp.com/home".into(),
        allowed_origins: vec!["https://*.preview.myapp.dev".into(), "http://localhost:5173".into()],
        ..my_app()
    };
    store_instance(&pool, &settings).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/dashboard"), (Flow::SignOut, "http://localhost:5173/bye")]).await;
    let answer = Site::new(&pool).await.get(PATH).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("etag"), etag(&pool).await);
    assert_eq!(answer.header("cache-control"), "no-cache");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let home = "https://myapp.com/home";
    let expected = json!({
        "instance": "my-app",
        "environment": "development",
        "domain": "myapp.com",
        "portal_origin": "http://accounts.localhost:3000",
        "home_url": home,
        "allowed_origins": ["https://*.preview.myapp.dev", "http://localhost:5173"],
        "version": 2,
        "redirects": {
            "after_sign_up_url": {"value": null, "target": home},
            "after_sign_in_url": {"value": "/dashboard", "target": "https://myapp.com/dashboard"},
            "after_sign_out_url": {"value": "http://localhost:5173/bye", "target": "http://localhost:5173/bye"},
            "logo_link_url": {"value": null, "target": home},
            "after_create_organization_url": {"value": null, "target": home},
            "after_leave_organization_url": {"value": null, "target": home},
            "after_join_waitlist_url": {"value": null, "target": home},
        },
    });
    assert_eq!(answer.json(), expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stored_value_that_is_no_longer_allowed_is_shown_with_the_home_url_as_its_target(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "https://myapp.com/in")]).await;
    sqlx::query("update instances set domain = 'moved.com', home_url = 'https://moved.com/'").execute(&pool).await.unwrap();
    let answer = Site::new(&pool).await.get(PATH).await.json();
    assert_eq!(answer["redirects"]["after_sign_in_url"], json!({"value": "https://myapp.com/in", "target": "https://moved.com/"}));
}

/// The tag of what is stored: the instance's key, its version and the id of its last save.
async fn etag(pool: &PgPool) -> String {
    let tag = r#"select '"' || id || '-' || version || '-' || replace(save_id::text, '-', '') || '"' from instances"#;
    sqlx::query_scalar(tag).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn who_has_the_version_gets_no_body_until_it_is_saved_again(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let tag = etag(&pool).await;
    for asked in [tag.clone(), format!("W/{tag}"), format!("\"9-9\", {tag}"), format!("\"9-9\",W/{tag} , \"x\""), "*".to_owned()] {
        let answer = site.get_with(PATH, &[("if-none-match", &asked)]).await;
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{asked}");
        assert_eq!((answer.header("etag"), answer.header("cache-control")), (tag.as_str(), "no-cache"), "{asked}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{asked}");
        assert!(answer.body.is_empty(), "{asked}");
    }
    let lines = site.get_with(PATH, &[("if-none-match", "\"9-9\""), ("if-none-match", &tag)]).await;
    assert_eq!(lines.status, StatusCode::NOT_MODIFIED);
    for asked in ["\"1-2\"", "\"2-1\"", "1-1", "\"1-1", "W/", "", ","] {
        assert_eq!(site.get_with(PATH, &[("if-none-match", asked)]).await.status, StatusCode::OK, "{asked}");
    }
    store_fallbacks(&pool, &[(Flow::SignIn, "/in")]).await;
    let answer = site.get_with(PATH, &[("if-none-match", &tag)]).await;
    assert_eq!((answer.status, answer.header("etag")), (StatusCode::OK, etag(&pool).await.as_str()));
    // A restore brings the number back, and another save with it.
    let before = etag(&pool).await;
    for version in [1, 2] {
        sqlx::query("update instances set version = $1").bind(version).execute(&pool).await.unwrap();
    }
    let answer = Site::new(&pool).await.get_with(PATH, &[("if-none-match", &before)]).await;
    assert_eq!((answer.status, answer.json()["version"].as_i64()), (StatusCode::OK, Some(2)));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_is_found_by_its_portals_host(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let portal_origin = "http://accounts.localhost:3000".into();
    let local = Settings { domain: "localhost".into(), portal_origin, ..other_app("local") };
    store_instance(&pool, &local).await;
    let site = Site::new(&pool).await;
    for (host, slug) in [
        ("accounts.myapp.com", "my-app"),
        ("accounts.myapp.com:443", "my-app"),
        ("ACCOUNTS.MyApp.com", "my-app"),
        ("accounts.localhost:3000", "local"),
    ] {
        let answer = site.get_with("/v1/redirects", &[("host", host)]).await;
        assert_eq!((answer.status, answer.json()["instance"].as_str()), (StatusCode::OK, Some(slug)), "{host}");
        let resolved = site.get_with("/v1/resolve?flow=logo", &[("host", host)]).await;
        assert_eq!(resolved.status, StatusCode::OK, "{host}");
    }
    for host in [
        "localhost:3000",
        "myapp.com",
        "accounts.myapp.com:8443",
        "accounts.localhost",
        "accounts.myapp.com.evil.com",
        "evil.com",
        "",
        "[",
        "null",
    ] {
        let answer = site.get_with("/v1/redirects", &[("host", host)]).await;
        assert_eq!((answer.status, answer.json()["title"].as_str()), (StatusCode::NOT_FOUND, Some("Unknown instance")), "{host}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_slug_in_the_path_counts_and_not_the_host(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    assert_eq!(site.get_with(PATH, &[("host", "evil.example")]).await.status, StatusCode::OK);
    let unknown = site.get_with("/portal/none/v1/redirects", &[("host", "accounts.myapp.com")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_host_that_a_proxy_names_finds_no_instance(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for header in [
        ("x-forwarded-host", "accounts.myapp.com"),
        ("forwarded", "host=accounts.myapp.com"),
        ("origin", "https://accounts.myapp.com"),
        ("referer", "https://accounts.myapp.com/"),
    ] {
        assert_eq!(site.get_with("/v1/redirects", &[header]).await.status, StatusCode::NOT_FOUND, "{header:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn any_site_may_read_an_answer_and_ask_before(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let headers = [
        ("origin", "https://app.example.com"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "if-none-match"),
    ];
    let answer = Site::new(&pool).await.send(request(Method::OPTIONS, PATH, &headers).body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-methods"), "GET,HEAD");
    assert_eq!(answer.header("access-control-allow-headers"), "if-none-match");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}
