//! Where the pages are, and the notices elsewhere.

use app::redirects::Settings;
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use sqlx::PgPool;

use super::{Browser, HOST, assert_leads, assert_page, heading, store_local, store_other};
use crate::{
    common::{Site, my_app, request, store_instance},
    html::text,
};

const PAGES: [&str; 8] =
    ["/sign-in", "/sign-up", "/sign-out", "/user", "/create-organization", "/organization", "/waitlist", "/unauthorized-sign-in"];

#[sqlx::test(migrations = "../migrations")]
async fn pages_are_at_the_portals_host_and_below_a_path_of_the_dashboards_host(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    for (path, said) in [
        ("/sign-in", "Sign in"),
        ("/sign-up", "Sign up"),
        ("/waitlist", "Join the waitlist"),
        ("/unauthorized-sign-in", "Was this not you?"),
    ] {
        for (host, base) in [(HOST, ""), (HOST, "/portal/my-app"), ("localhost:3000", "/portal/my-app")] {
            browser.host = host;
            let page = browser.get(&format!("{base}{path}")).await;
            assert_page(&page, StatusCode::OK);
            assert_eq!(heading(&page), said);
            assert!(page.text().contains(&format!("<title>{said} · MyApp</title>")));
        }
    }
    let head = browser.site.send(request(Method::HEAD, "/sign-in", &[("host", HOST)]).body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_portal_can_be_at_a_name_of_this_machine(pool: PgPool) {
    store_local(&pool).await;
    let mut browser = Browser::at(&Site::anonymous(&pool), "accounts.localhost:3000");
    assert_leads(&browser.get("/?username=a").await, "/sign-in?username=a");
    assert_page(&browser.get("/sign-in").await, StatusCode::OK);
    for path in ["/instances", "/instances/local/redirects", "/account/sign-in", "/nope"] {
        assert_page(&browser.get(path).await, StatusCode::NOT_FOUND);
    }
    let mut dashboard = Browser::at(&browser.site, "localhost:3000");
    assert_eq!(dashboard.get("/").await.header("location"), "/instances");
    assert_eq!(dashboard.get("/account/sign-in").await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../migrations")]
async fn where_there_is_no_portal_there_are_no_pages(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    store_other(&pool).await;
    for path in PAGES {
        for (host, base) in [("localhost:3000", ""), ("localhost:3000", "/portal/none"), ("localhost:3000", "/portal/%FF")] {
            browser.host = host;
            assert_page(&browser.get(&format!("{base}{path}")).await, StatusCode::NOT_FOUND);
        }
        // A portal's host shows no other instance's pages, and an unknown host shows none.
        for (host, base) in [
            ("accounts.other.com", "/portal/my-app"),
            ("evil.example", "/portal/my-app"),
            ("evil.example", ""),
            ("accounts.myapp.com:8443", ""),
        ] {
            browser.host = host;
            assert_eq!(browser.get(&format!("{base}{path}")).await.status, StatusCode::MISDIRECTED_REQUEST, "{host}{base}{path}");
        }
    }
    browser.host = HOST;
    for path in ["/nope", "/user/x", "/instances", "/pkg/x", "/api/preview", "/instances/other/redirects", "/%FF%00"] {
        assert_page(&browser.get(path).await, StatusCode::NOT_FOUND);
        assert_page(&browser.post(path, &[]).await, StatusCode::NOT_FOUND);
    }
    assert!(text(browser.get("/instances/other/redirects").await.text()).contains("MyApp"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_portal_that_is_switched_off_or_closed_has_no_pages(pool: PgPool) {
    let browser = Browser::at_my_app(&pool).await;
    let switched = "update instances set portal_enabled = false, version = version + 1";
    sqlx::query(switched).execute(&pool).await.unwrap();
    let site = Site::anonymous(&pool);
    let mut browser = Browser { site, ..browser.clone() };
    for path in PAGES {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.header("x-robots-tag")), (StatusCode::NOT_FOUND, "noindex"), "{path}");
        assert!(text(answer.text()).contains("MyApp"));
        assert_eq!(browser.post(path, &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.get(&format!("/portal/my-app{path}")).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(browser.get("/v1/redirects").await.status, StatusCode::OK);
    sqlx::query("update instances set archived_at = now(), version = version + 1").execute(&pool).await.unwrap();
    browser.site = Site::anonymous(&pool);
    for path in PAGES {
        assert_eq!(browser.get(path).await.status, StatusCode::GONE, "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn other_methods_than_get_and_post_are_not_allowed(pool: PgPool) {
    let browser = Browser::at_my_app(&pool).await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let asked = request(method, "/sign-in", &[("host", HOST)]).body(Body::empty()).unwrap();
        let answer = browser.site.send(asked).await;
        assert_page(&answer, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.header("allow"), "GET,HEAD,POST");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_that_cant_be_loaded_gets_a_notice(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    pool.close().await;
    for path in PAGES.into_iter().chain(["/", "/portal/my-app/sign-in"]) {
        let answer = browser.get(path).await;
        assert_page(&answer, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), "5");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn markup_in_the_name_is_text_on_every_page(pool: PgPool) {
    let name = "</title><script>alert(1)</script>\"'&lt;";
    store_instance(&pool, &Settings { name: name.into(), ..my_app() }).await;
    let mut browser = Browser::at(&Site::anonymous(&pool), HOST);
    for path in ["/sign-in", "/sign-up", "/waitlist", "/unauthorized-sign-in", "/nope"] {
        let page = browser.get(path).await;
        let own = super::without_own_script(&page);
        assert!(!own.contains("<script") && own.matches("</title>").count() == 1, "{own}");
        assert!(text(page.text()).contains(name), "{}", text(page.text()));
    }
}
