//! Hosted pages on the fast path.

use app::{
    credentials::token::Token,
    redirects::{Environment, Flow},
};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use sqlx::PgPool;

use super::{assert_same, fast_path};
use crate::common::{Site, request, store_fallbacks, store_my_app};

const PORTAL: &str = "accounts.myapp.com";
const DASHBOARD: &str = "localhost:3000";

/// Links whose texts must be escaped, carried on or left out.
const QUERIES: [&str; 12] = [
    "",
    "?",
    "?redirect_url=https%3A%2F%2Fapp.myapp.com%2Fx%3Fa%3Db%26c",
    "?redirect_url=https://evil.com/%22%3E%3Cscript%3E",
    "?redirect_url=/x&email_address=%22ana%22%26%3Cb%3E'%40myapp.com&first_name=%C3%9C%EF%B7%90",
    "?username=ana&phone_number=%2B49170&last_name=O'Neil",
    "?sign_in_force_redirect_url=/a&sign_up_force_redirect_url=/b",
    "?then=user&redirect_url=/x",
    "?then=authorization-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "?preview=1",
    "?%FF=%00&redirect_url=%EF%B7%91",
    "?done=names",
];

#[sqlx::test(migrations = "../migrations")]
async fn in_production_the_sign_in_and_sign_up_page_are_those_of_the_router(pool: PgPool) {
    assert_same_pages(&pool, Environment::Production).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn in_development_they_are_too_with_the_requesting_page(pool: PgPool) {
    assert_same_pages(&pool, Environment::Development).await;
}

async fn assert_same_pages(pool: &PgPool, environment: Environment) {
    store_my_app(pool, environment).await;
    let site = Site::anonymous(pool);
    assert_eq!(site.get("/portal/my-app/v1/redirects").await.status, StatusCode::OK);
    let places = [("", PORTAL), ("/portal/my-app", DASHBOARD), ("/portal/my-app", "evil.com"), ("/portal/my-app", PORTAL)];
    let clients = [
        &[][..],
        &[("referer", "https://app.myapp.com/x")],
        &[("sec-fetch-mode", "navigate"), ("accept", "text/html"), ("cookie", "a=b")],
        &[("sec-purpose", "prefetch")],
    ];
    for (page, query) in ["/sign-in", "/sign-up"].iter().flat_map(|page| QUERIES.map(|query| (page, query))) {
        for ((base, host), client) in places.iter().flat_map(|place| clients.map(|client| (place, client))) {
            assert_same(&site, &format!("{base}{page}{query}"), &[client, &[("host", host)]].concat()).await;
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_is_prepared_anew_when_its_instance_is_saved(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    assert_eq!(site.get("/portal/my-app/v1/redirects").await.status, StatusCode::OK);
    let before = assert_same(&site, "/sign-in", &[("host", PORTAL)]).await;
    assert!(before.text().contains("MyApp") && !before.text().contains("https://myapp.com/about"), "{}", before.text());
    store_fallbacks(&pool, &[(Flow::Logo, "/about")]).await;
    sqlx::query("update instances set name = 'Renamed & Co', version = version + 1").execute(&pool).await.unwrap();
    site.snapshots().catch_up().await.unwrap();
    let after = assert_same(&site, "/sign-in", &[("host", PORTAL)]).await;
    assert!(after.text().contains("Renamed &amp; Co") && after.text().contains("https://myapp.com/about"), "{}", after.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn requests_that_need_more_than_memory_take_the_router(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    assert_eq!(site.get("/portal/my-app/v1/redirects").await.status, StatusCode::OK);
    let session = format!("__Host-portal-redirects-visitor-1={}", Token::new().unwrap().secret());
    let (long, instance) = (format!("/sign-in?username={}", "a".repeat(17_000)), "select id from instances");
    let instance: i64 = sqlx::query_scalar(instance).fetch_one(&pool).await.unwrap();
    let session = session.replace("visitor-1", &format!("visitor-{instance}"));
    for (method, path, headers) in [
        (Method::HEAD, "/sign-in", &[][..]),
        (Method::POST, "/sign-in", &[]),
        (Method::GET, "/sign-in", &[("accept-encoding", "gzip")]),
        (Method::GET, "/sign-in", &[("x-forwarded-for", "192.0.2.7")]),
        (Method::GET, "/sign-in", &[("cookie", session.as_str())]),
        (Method::GET, "/sign-in/", &[]),
        (Method::GET, "/portal/other/sign-in", &[]),
        (Method::GET, "/waitlist", &[]),
        (Method::GET, long.as_str(), &[]),
    ] {
        let asked = request(method.clone(), path, &[&[("host", PORTAL)], headers].concat()).body(Body::empty()).unwrap();
        assert!(fast_path(&site, asked).await.is_none(), "{method} {path} {headers:?}");
    }
    sqlx::query("update instances set portal_enabled = false, version = version + 1").execute(&pool).await.unwrap();
    site.snapshots().catch_up().await.unwrap();
    assert_eq!(assert_same(&site, "/sign-in", &[("host", PORTAL)]).await.status, StatusCode::NOT_FOUND);
}
