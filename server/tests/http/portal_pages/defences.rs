//! How the pages are protected from other sites.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use sqlx::PgPool;

use super::{Browser, HOST, assert_page};
use crate::{
    common::{FORM, Site, request},
    html::{style_source, text},
};

const POSTS: [&str; 10] = [
    "/sign-in",
    "/sign-up",
    "/sign-out",
    "/user/names",
    "/user/password",
    "/user/sessions",
    "/create-organization",
    "/organization",
    "/waitlist",
    "/unauthorized-sign-in",
];

/// The number of rows in each table about visitors.
async fn stored(pool: &PgPool) -> Vec<i64> {
    let counts = "select array[(select count(*) from visitors), (select count(*) from visitor_sessions),
        (select count(*) from organizations), (select count(*) from waitlist_entries)]";
    sqlx::query_scalar(counts).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn no_other_sites_page_can_post_anything(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let before = stored(&pool).await;
    let ways: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "https://myapp.com")],
    ];
    for path in POSTS {
        for way in ways {
            let body = "email_address=ben%40myapp.com&password=correct+horse+battery+staple".to_owned();
            assert_eq!(browser.post_body(path, way, body).await.status, StatusCode::FORBIDDEN, "{path} {way:?}");
        }
        // With a cookie, and without a header that says where it comes from.
        let cookie = browser.cookie();
        let headers = [("host", HOST), ("cookie", cookie.as_str()), ("content-type", FORM)];
        let bare = request(Method::POST, path, &headers).body(Body::empty()).unwrap();
        assert_eq!(browser.site.send_bare(bare).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(stored(&pool).await, before);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_loads_nothing_and_its_forms_lead_to_the_portal_only(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    for path in ["/sign-in", "/sign-up", "/waitlist", "/nope"] {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains(&format!("style-src {}; ", style_source(page.text()))), "{policy}");
        let forms = "form-action 'self'; ";
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains(forms), "{policy}");
        assert!(policy.ends_with("base-uri 'none'; frame-ancestors 'none'"), "{policy}");
        assert_eq!((page.header("referrer-policy"), page.header("access-control-allow-origin")), ("same-origin", ""));
        for text in ["src=", "@import", "url("] {
            assert!(!page.text().contains(text), "{text}");
        }
    }
    let missing = Browser { host: "localhost:3000", ..browser }.get("/sign-in").await;
    assert_page(&missing, StatusCode::NOT_FOUND);
    assert!(missing.header("content-security-policy").contains("form-action 'none'"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_over_tls_demands_tls_from_then_on(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    for path in ["/sign-in", "/user", "/sign-out"] {
        assert_eq!(browser.get(path).await.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
    let plain = Site::anonymous(&pool).get("/portal/my-app/sign-in").await;
    assert_eq!((plain.status, plain.header("strict-transport-security")), (StatusCode::OK, ""));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_from_elsewhere_can_not_claim_that_something_was_done(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    for (path, said) in
        [("/unauthorized-sign-in?done=others", "signed out everywhere else"), ("/user?done=password", "Your password is changed.")]
    {
        for (site, is_said) in [("same-origin", true), ("cross-site", false), ("same-site", false), ("none", false)] {
            let page = browser.get_with(path, &[("sec-fetch-site", site)]).await;
            assert_eq!((page.status, text(page.text()).contains(said)), (StatusCode::OK, is_said), "{path} {site}");
        }
    }
}
