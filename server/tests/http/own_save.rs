//! Who saves is served the save by the same process at once, though nobody has told it.

use app::redirects::{Environment, Flow};
use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use sqlx::PgPool;

use crate::common::{FORM, Fields, Site, fallback_form, instance_form, request, store_fallbacks, store_my_app, with};

/// What is served of `my-app`: the status and the version.
async fn served(site: &Site, host: &str, path: &str) -> (StatusCode, i64) {
    let answer = site.send_unaided(request(Method::GET, path, &[("host", host)]).body(Body::empty()).unwrap()).await;
    (answer.status, if answer.status == StatusCode::OK { answer.json()["version"].as_i64().unwrap() } else { 0 })
}

async fn post(site: &Site, path: &str, form: &Fields<'_>) -> StatusCode {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let headers = [("content-type", FORM), (header::COOKIE.as_str(), site.cookie()), ("sec-fetch-site", "same-origin")];
    site.send_unaided(request(Method::POST, path, &headers).body(body.into()).unwrap()).await.status
}

#[sqlx::test(migrations = "../migrations")]
async fn every_way_to_save_is_served_at_once_by_slug_and_by_host(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let names = [("localhost:3000", "/portal/my-app/v1/redirects"), ("accounts.myapp.com", "/v1/redirects")];
    for (host, path) in names {
        assert_eq!(served(&site, host, path).await, (StatusCode::OK, 1));
    }
    let settings = with(with(instance_form(), "version", "2"), "name", "Renamed");
    let saves: [(&str, Fields<'_>, (StatusCode, i64)); 4] = [
        ("redirects", with(fallback_form("1"), "after_sign_in_url", "/in"), (StatusCode::OK, 2)),
        ("settings", settings, (StatusCode::OK, 3)),
        ("archive", vec![("slug", "my-app")], (StatusCode::GONE, 0)),
        ("unarchive", vec![], (StatusCode::OK, 5)),
    ];
    for (tab, form, expected) in saves {
        assert_eq!(post(&site, &format!("/instances/my-app/{tab}"), &form).await, StatusCode::SEE_OTHER, "{tab}");
        for (host, path) in names {
            assert_eq!(served(&site, host, path).await, expected, "{tab} {host}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_not_saved_changes_nothing_that_is_served(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let (host, path) = ("localhost:3000", "/portal/my-app/v1/redirects");
    assert_eq!(served(&site, host, path).await, (StatusCode::OK, 1));
    // It has not heard of this.
    store_fallbacks(&pool, &[(Flow::SignIn, "/in")]).await;
    let wrong = with(fallback_form("1"), "after_sign_in_url", "https://evil.com/");
    assert_eq!(post(&site, "/instances/my-app/redirects", &wrong).await, StatusCode::CONFLICT);
    assert_eq!(served(&site, host, path).await, (StatusCode::OK, 1));
}
