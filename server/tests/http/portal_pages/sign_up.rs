//! `/sign-up`.

use app::redirects::Flow;
use axum::http::StatusCode;
use sqlx::PgPool;

use super::{Browser, HOST, PASSWORD, action, assert_leads, assert_page, store_local};
use crate::{
    common::{Site, store_fallbacks},
    html::{is_invalid, summary, text, value},
};

#[sqlx::test(migrations = "../migrations")]
async fn the_link_the_fallback_and_the_home_url_are_where_it_ends(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let ends = [
        ("", "https://myapp.com/"),
        ("?redirect_url=https%3A%2F%2Fapp.myapp.com%2Forders", "https://app.myapp.com/orders"),
        ("?redirect_url=https%3A%2F%2Fmyapp.com%40evil.com", "https://myapp.com/"),
        ("?sign_up_force_redirect_url=/forced&redirect_url=/x", "https://myapp.com/forced"),
        ("?sign_up_fallback_redirect_url=/own&redirect_url=https://evil.com", "https://myapp.com/own"),
        ("?sign_in_force_redirect_url=/in", "https://myapp.com/"),
        ("?redirect_url=https%3A%2F%2Faccounts.myapp.com%2Fsign-in", "https://myapp.com/"),
    ];
    for (n, (link, end)) in ends.into_iter().enumerate() {
        let mut visitor = Browser::at(&browser.site, HOST);
        assert_leads(&visitor.sign_up(link, &format!("ana{n}@myapp.com")).await, end);
    }
    store_fallbacks(&pool, &[(Flow::SignUp, "/welcome")]).await;
    assert_leads(&browser.sign_up("?redirect_url=https://evil.com", "ben@myapp.com").await, "https://myapp.com/welcome");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_fallback_that_changes_while_somebody_types_is_where_they_end(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    store_fallbacks(&pool, &[(Flow::SignUp, "/before")]).await;
    let page = browser.get("/sign-up?redirect_url=https://evil.com/").await;
    store_fallbacks(&pool, &[(Flow::SignUp, "/after")]).await;
    let answer = browser.send_form(&page, &[("username", "nick"), ("password", PASSWORD)]).await;
    assert_leads(&answer, "https://myapp.com/after");
}

#[sqlx::test(migrations = "../migrations")]
async fn whatever_becomes_of_the_address_that_the_form_goes_to_the_rules_decide(pool: PgPool) {
    let browser = Browser::at_my_app(&pool).await;
    let tampered = [
        "/sign-up?redirect_url=https://evil.com/",
        "/sign-up?redirect_url=%2F%2Fevil.com",
        "/sign-up?sign_up_force_redirect_url=javascript:alert(1)",
        "/sign-up?target=https://evil.com&location=https://evil.com&next=https://evil.com",
        "/sign-up?then=https://evil.com&requesting_origin=https://evil.com",
    ];
    for (n, action) in tampered.into_iter().enumerate() {
        let name = format!("nick{n}");
        let answer = browser.clone().post(action, &[("username", &name), ("password", PASSWORD)]).await;
        assert_leads(&answer, "https://myapp.com/");
    }
    let hidden = [("username", "nick"), ("password", PASSWORD), ("redirect_url", "https://evil.com")];
    assert_page(&browser.clone().post("/sign-up", &hidden).await, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_field_begins_with_what_the_link_knows_and_is_text(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let fields = ["email_address", "phone_number", "username", "first_name", "last_name"];
    let nasty = "\"'><img src=x onerror=alert(1)>&amp;</style></title>";
    let query =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields.map(|field| (field, format!("{nasty}{field}")))).finish();
    let page = browser.get(&format!("/sign-up?{query}")).await;
    assert_page(&page, StatusCode::OK);
    for field in fields {
        assert_eq!(value(page.text(), field), format!("{nasty}{field}"));
    }
    assert!(!page.text().contains("<img") && page.text().matches("</title>").count() == 1 && page.text().matches("</style>").count() == 1);
    assert_eq!(value(page.text(), "password"), "");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_wrong_is_said_beside_its_field_and_what_was_typed_wins_over_the_link(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let page = browser.get("/sign-up?email_address=old%40myapp.com&first_name=Old&redirect_url=/x").await;
    let typed = [("email_address", "no address"), ("first_name", "Ana"), ("password", "short")];
    let answer = browser.send_form(&page, &typed).await;
    assert_page(&answer, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    for field in ["email_address", "password"] {
        assert!(is_invalid(page, field) && summary(page).contains(&field.to_owned()), "{field}: {}", text(page));
    }
    let values = ["email_address", "first_name", "last_name", "password"].map(|field| value(page, field));
    assert_eq!(values, ["no address", "Ana", "", ""]);
    assert_eq!(action(page), "/sign-up?redirect_url=%2Fx&email_address=old%40myapp.com&first_name=Old");
    let mended = browser.send_form(&answer, &[("email_address", "ana@myapp.com"), ("password", PASSWORD)]).await;
    assert_leads(&mended, "https://myapp.com/x");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_that_there_is_already_is_nobody_elses(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut another = Browser::at(&browser.site, HOST);
    let typed = [("email_address", "Ana@myapp.com"), ("password", "three ducks on a pond")];
    let answer = another.post("/sign-up?redirect_url=/x", &typed).await;
    assert_page(&answer, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(another.cookies.is_empty());
    assert_eq!(value(answer.text(), "email_address"), "Ana@myapp.com");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_sessions_cookie_is_of_the_instance_and_bound_to_tls_where_there_is_some(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    store_local(&pool).await;
    let by_host = browser.sign_up("", "ana@myapp.com").await;
    let local = Browser::at(&browser.site, "accounts.localhost:3000").sign_up("", "ana@myapp.com").await;
    assert_leads(&local, "http://localhost:4000/");
    let secure = Site::under(&pool, Some("https://dash.example.com"));
    let fields = [("username", "nick"), ("password", PASSWORD)];
    let by_path = Browser::at(&secure, "dash.example.com").post("/portal/my-app/sign-up", &fields).await;
    let here = Browser::at(&secure, "localhost:3000").post("/portal/my-app/sign-up", &[("username", "ben"), ("password", PASSWORD)]).await;
    for (answer, name, is_secure) in [
        (by_host, "__Host-portal-redirects-visitor-1", true),
        (by_path, "__Host-portal-redirects-visitor-1", true),
        (here, "portal-redirects-visitor-1", false),
        (local, "portal-redirects-visitor-2", false),
    ] {
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with(&format!("{name}=")), "{cookie}");
        let says = |what: &str| cookie.split("; ").any(|part| part == what);
        assert!(says("HttpOnly") && says("SameSite=Lax") && says("Path=/") && says("Max-Age=1209600"), "{cookie}");
        assert!(says("Secure") == is_secure && !cookie.contains("Domain"), "{cookie}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn signing_up_is_no_way_to_more_tries_of_a_password(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    browser.cookies.clear();
    let mut statuses = Vec::new();
    for n in 0..12 {
        let wrong = format!("not the password {n}");
        statuses.push(browser.post("/sign-up", &[("email_address", "ANA@myapp.com"), ("password", &wrong)]).await.status);
    }
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
    let held = browser.post("/sign-in", &[("identifier", " Ana@MYAPP.com"), ("password", PASSWORD)]).await;
    assert_page(&held, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(browser.sign_up("", "ben@myapp.com").await.status, StatusCode::SEE_OTHER);
}
