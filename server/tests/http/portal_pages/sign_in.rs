//! `/sign-in`.

use axum::http::StatusCode;
use sqlx::PgPool;

use super::{Browser, HOST, PASSWORD, assert_leads, assert_page, store_other};
use crate::{
    common::{FORM, Site, store_fallbacks},
    html::{self, is_invalid, summary, text, value},
};

#[sqlx::test(migrations = "../migrations")]
async fn the_right_password_leads_to_where_the_link_says(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut another = Browser::at(&browser.site, HOST);
    let page = another.get("/sign-in?redirect_url=https%3A%2F%2Fapp.myapp.com%2Fx%3Fa%3D1%26b%3D2").await;
    assert_page(&page, StatusCode::OK);
    let answer = another.send_form(&page, &[("identifier", " ANA@myapp.com "), ("password", PASSWORD)]).await;
    assert_leads(&answer, "https://app.myapp.com/x?a=1&b=2");
    // Signed-in visitors skip the page.
    assert_leads(&another.get("/sign-in?redirect_url=/next").await, "https://myapp.com/next");
    assert_leads(&another.get("/sign-up?redirect_url=//evil.com").await, "https://myapp.com/");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_field_is_prefilled_from_the_link(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    for (query, identifier) in [
        ("", ""),
        ("?username=nick", "nick"),
        ("?username=nick&phone_number=%2B49170", "+49170"),
        ("?username=nick&phone_number=%2B49170&email_address=a%40b", "a@b"),
        ("?email_address=%20&username=nick&first_name=Ana", "nick"),
        ("?email_address=a&email_address=b", "b"),
        ("?username=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", "\"><script>alert(1)</script>"),
        ("?username=%00%1B%FF%26lt%3B", "\u{fffd}&lt;"),
    ] {
        let page = browser.get(&format!("/sign-in{query}")).await;
        assert_page(&page, StatusCode::OK);
        assert_eq!(value(page.text(), "identifier"), identifier, "{query}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_wrong_password_and_an_unknown_account_look_the_same_and_keep_what_was_typed(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut another = Browser::at(&browser.site, HOST);
    let mut said = Vec::new();
    for typed in ["ana@myapp.com", "nobody@myapp.com"] {
        let page = another.get("/sign-in?redirect_url=/x&username=nick").await;
        let answer = another.send_form(&page, &[("identifier", typed), ("password", "wrong")]).await;
        assert_page(&answer, StatusCode::UNPROCESSABLE_ENTITY);
        let page = answer.text();
        assert_eq!((value(page, "identifier").as_str(), value(page, "password").as_str()), (typed, ""));
        assert!(answer.headers.get("set-cookie").is_none() && summary(page).iter().all(|field| is_invalid(page, field)), "{page}");
        said.push(text(page));
        // The returned form still ends where the link says.
        if typed.starts_with("ana") {
            assert_leads(&another.clone().send_form(&answer, &[("password", PASSWORD)]).await, "https://myapp.com/x");
        }
    }
    assert_eq!(said[0], said[1]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unreadable_form_gets_a_notice(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    for (kind, body, status) in [
        // Browser extensions add fields. They are ignored.
        (FORM, "identifier=a&password=b&admin=1", StatusCode::UNPROCESSABLE_ENTITY),
        (FORM, "identifier=a&identifier=b", StatusCode::BAD_REQUEST),
        (FORM, "identifier=%FF", StatusCode::BAD_REQUEST),
        ("application/json", "{}", StatusCode::BAD_REQUEST),
        ("multipart/form-data; boundary=x", "--x--", StatusCode::BAD_REQUEST),
        (FORM, "", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_page(&browser.post_body("/sign-in", &[("content-type", kind)], body.to_owned()).await, status);
    }
    let long = "ü".repeat(10_000);
    let answer = browser.post("/sign-in", &[("identifier", &long), ("password", &long)]).await;
    assert_page(&answer, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(value(answer.text(), "identifier"), long);
    assert_eq!(browser.post_body("/sign-in", &[], "a".repeat(300_000)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_guesser_is_rate_limited_and_what_was_typed_is_kept(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let wrong = [("identifier", "ana@myapp.com"), ("password", "wrong")];
    for _ in 0..8 {
        assert_eq!(browser.post("/sign-in", &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let held = browser.post("/sign-in", &[("identifier", "ANA@myapp.com"), ("password", "wrong")]).await;
    assert_page(&held, StatusCode::TOO_MANY_REQUESTS);
    assert!(held.header("retry-after").parse::<u64>().unwrap() <= 30);
    assert_eq!((value(held.text(), "identifier").as_str(), value(held.text(), "password").as_str()), ("ANA@myapp.com", ""));
    assert_eq!(
        browser.post("/sign-in", &[("identifier", "ben@myapp.com"), ("password", "x")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_of_another_instance_does_not_count(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    store_other(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut there = Browser { host: "accounts.other.com", ..browser.clone() };
    assert_page(&there.get("/sign-in").await, StatusCode::OK);
    // Nor does it count under the other instance's cookie name.
    let token = browser.cookies.values().next().unwrap().clone();
    let id: i64 = sqlx::query_scalar("select id from instances where slug = 'other'").fetch_one(&pool).await.unwrap();
    there.cookies.insert(format!("__Host-portal-redirects-visitor-{id}"), token);
    assert_page(&there.get("/sign-in").await, StatusCode::OK);
    assert_leads(&there.get("/user").await, "/sign-in?then=user");
    let wrong = there.post("/sign-in", &[("identifier", "ana@myapp.com"), ("password", PASSWORD)]).await;
    assert_page(&wrong, StatusCode::UNPROCESSABLE_ENTITY);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_that_the_visitor_wanted_comes_before_the_links_target(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    store_fallbacks(&pool, &[(app::redirects::Flow::SignIn, "/in")]).await;
    let asked = browser.get("/create-organization?redirect_url=/made&email_address=ana%40myapp.com").await;
    assert_leads(&asked, "/sign-in?redirect_url=%2Fmade&email_address=ana%40myapp.com&then=create-organization");
    let page = browser.get(asked.header("location")).await;
    let sign_up = html::href(page.text(), "Sign up").unwrap();
    assert_eq!(sign_up, "/sign-up?redirect_url=%2Fmade&email_address=ana%40myapp.com&then=create-organization");
    let page = browser.get(&sign_up).await;
    assert_eq!(html::href(page.text(), "Sign in").unwrap(), asked.header("location"));
    let made = browser.send_form(&page, &[("password", PASSWORD)]).await;
    assert_leads(&made, "/create-organization?redirect_url=%2Fmade&email_address=ana%40myapp.com");
    assert_leads(&browser.get("/sign-in?then=organization&redirect_url=/x").await, "/organization?redirect_url=%2Fx");
    assert_leads(&browser.get("/sign-in?then=https://evil.com").await, "https://myapp.com/in");
    let here = Site::anonymous(&pool).get("/portal/my-app/user?username=a").await;
    assert_leads(&here, "/portal/my-app/sign-in?username=a&then=user");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_right_password_uses_up_no_attempts(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let right = [("identifier", "ana@myapp.com"), ("password", PASSWORD)];
    for n in 0..12 {
        let mut another = Browser::at(&browser.site, HOST);
        assert_leads(&another.post("/sign-in", &right).await, "https://myapp.com/");
        // Nor does signing up again, which signs in.
        let again = [("email_address", "ana@myapp.com"), ("password", PASSWORD)];
        assert_eq!(another.post("/sign-up", &again).await.status, StatusCode::SEE_OTHER, "{n}");
    }
    // A guesser has no more attempts than before.
    let wrong = [("identifier", "ana@myapp.com"), ("password", "wrong")];
    for _ in 0..8 {
        assert_page(&browser.post("/sign-in", &wrong).await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_page(&browser.post("/sign-in", &right).await, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_phone_number_with_its_trunk_zero_makes_no_second_account(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let number = |number| [("phone_number", number), ("password", PASSWORD)];
    assert_leads(&browser.post("/sign-up", &number("+491701234567")).await, "https://myapp.com/");
    browser.cookies.clear();
    for typed in ["+49 0170 1234567", "+49 (0)170 1234567"] {
        let refused = browser.post("/sign-up", &number(typed)).await;
        assert_page(&refused, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(text(refused.text()).contains("Leave out the 0 after +49."), "{}", text(refused.text()));
        let refused = browser.post("/sign-in", &[("identifier", typed), ("password", PASSWORD)]).await;
        assert_page(&refused, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(is_invalid(refused.text(), "identifier"));
    }
    // Who has such an account from before still gets in.
    sqlx::query("update visitors set phone_number = '+4901701234567'").execute(&pool).await.unwrap();
    let stored = [("identifier", "+49 0170 1234567"), ("password", PASSWORD)];
    assert_leads(&browser.post("/sign-in", &stored).await, "https://myapp.com/");
    browser.cookies.clear();
    for _ in 0..8 {
        browser.post("/sign-in", &[("identifier", "+49 0170 1234567"), ("password", "wrong")]).await;
    }
    assert_page(&browser.post("/sign-in", &stored).await, StatusCode::TOO_MANY_REQUESTS);
}
