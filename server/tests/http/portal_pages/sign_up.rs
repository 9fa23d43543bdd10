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
async fn it_ends_at_the_links_target_the_fallback_or_the_home_url(pool: PgPool) {
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
async fn a_fallback_that_changes_while_a_visitor_types_is_where_they_end(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    store_fallbacks(&pool, &[(Flow::SignUp, "/before")]).await;
    let page = browser.get("/sign-up?redirect_url=https://evil.com/").await;
    store_fallbacks(&pool, &[(Flow::SignUp, "/after")]).await;
    let answer = browser.send_form(&page, &[("username", "nick"), ("password", PASSWORD)]).await;
    assert_leads(&answer, "https://myapp.com/after");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_rules_decide_whatever_the_forms_action_is_changed_to(pool: PgPool) {
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
    let hidden = [("username", "nick-hidden"), ("password", PASSWORD), ("redirect_url", "https://evil.com")];
    assert_leads(&browser.clone().post("/sign-up", &hidden).await, "https://myapp.com/");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_field_is_prefilled_from_the_link_as_text(pool: PgPool) {
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
async fn errors_are_beside_their_fields_and_typed_values_win_over_the_links(pool: PgPool) {
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
    let corrected = browser.send_form(&answer, &[("email_address", "ana@myapp.com"), ("password", PASSWORD)]).await;
    assert_leads(&corrected, "https://myapp.com/x");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_existing_account_can_not_be_taken_over(pool: PgPool) {
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
async fn the_session_cookie_is_per_instance_and_bound_to_tls_if_there_is_any(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    store_local(&pool).await;
    let by_host = browser.sign_up("", "ana@myapp.com").await;
    let local = Browser::at(&browser.site, "accounts.localhost:3000").sign_up("", "ana@myapp.com").await;
    assert_leads(&local, "http://localhost:4000/");
    let secure = Site::under(&pool, Some("https://dash.example.com"));
    let fields = [("username", "nick"), ("password", PASSWORD)];
    let by_path = Browser::at(&secure, "dash.example.com").post("/portal/my-app/sign-up", &fields).await;
    let laptop = Site::anonymous(&pool);
    let here = Browser::at(&laptop, "localhost:3000").post("/portal/my-app/sign-up", &[("username", "ben"), ("password", PASSWORD)]).await;
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
async fn signing_up_gives_no_further_attempts_at_a_password(pool: PgPool) {
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
