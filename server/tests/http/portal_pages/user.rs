//! `/user`.

use axum::http::StatusCode;
use sqlx::PgPool;

use super::{Browser, HOST, PASSWORD, assert_leads, assert_page};
use crate::html::{is_invalid, text, value, values};

const OTHER: &str = "three ducks on a pond";

async fn sign_in(browser: &Browser, password: &str) -> Browser {
    let mut another = Browser::at(&browser.site, HOST);
    another.post("/sign-in", &[("identifier", "ana@myapp.com"), ("password", password)]).await;
    another
}

#[sqlx::test(migrations = "../migrations")]
async fn names_are_shown_and_changed(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("?first_name=Ana&last_name=Alt", "ana@myapp.com").await;
    let page = browser.get("/user?redirect_url=/x").await;
    assert_page(&page, StatusCode::OK);
    assert_eq!((value(page.text(), "first_name").as_str(), value(page.text(), "last_name").as_str()), ("Ana", "Alt"));
    let saved = browser.post("/user/names?redirect_url=/x", &[("first_name", " Anna "), ("last_name", "</script>")]).await;
    assert_leads(&saved, "/user?redirect_url=%2Fx&done=names");
    let page = browser.get(saved.header("location")).await;
    assert!(text(page.text()).contains("Your name is saved."));
    assert_eq!((value(page.text(), "first_name").as_str(), value(page.text(), "last_name").as_str()), ("Anna", "</script>"));
    let long = "x".repeat(10_000);
    let wrong = browser.post("/user/names", &[("first_name", &long), ("last_name", "B")]).await;
    assert_page(&wrong, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_invalid(wrong.text(), "first_name") && value(wrong.text(), "first_name") == long && value(wrong.text(), "last_name") == "B");
    assert_leads(&browser.get("/user/names?redirect_url=/x").await, "/user?redirect_url=%2Fx");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_password_ends_every_other_session(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut another = sign_in(&browser, PASSWORD).await;
    let wrong = browser.post("/user/password", &[("current", "wrong"), ("new", OTHER)]).await;
    assert_page(&wrong, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_invalid(wrong.text(), "current") && values(wrong.text(), "new") == [""]);
    let weak = browser.post("/user/password", &[("current", PASSWORD), ("new", "short")]).await;
    assert!(is_invalid(weak.text(), "new"));
    assert_page(&another.get("/user").await, StatusCode::OK);
    let mut copied = Browser { cookies: browser.cookies.clone(), ..Browser::at(&browser.site, HOST) };
    assert_page(&copied.get("/user").await, StatusCode::OK);
    let changed = browser.post("/user/password", &[("current", PASSWORD), ("new", OTHER)]).await;
    assert_leads(&changed, "/user?done=password");
    assert_page(&browser.get("/user").await, StatusCode::OK);
    assert_leads(&copied.get("/user").await, "/sign-in?then=user");
    assert_leads(&another.get("/user").await, "/sign-in?then=user");
    assert!(sign_in(&browser, PASSWORD).await.cookies.is_empty() && !sign_in(&browser, OTHER).await.cookies.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_can_be_ended_from_another_and_never_somebody_elses(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut another = sign_in(&browser, PASSWORD).await;
    let mut ben = Browser::at(&browser.site, HOST);
    ben.sign_up("", "ben@myapp.com").await;
    let bens: i64 = sqlx::query_scalar("select max(id) from visitor_sessions").fetch_one(&pool).await.unwrap();
    browser.post("/user/sessions", &[("session", &bens.to_string())]).await;
    assert_page(&ben.get("/user").await, StatusCode::OK);
    let page = browser.get("/user").await;
    let session = values(page.text(), "session").remove(0);
    assert_leads(&browser.post("/user/sessions", &[("session", &session)]).await, "/user?done=session");
    assert_leads(&another.get("/user").await, "/sign-in?then=user");
    // Ending the current session signs out.
    let own: i64 = sqlx::query_scalar("select min(id) from visitor_sessions").fetch_one(&pool).await.unwrap();
    assert_leads(&browser.post("/user/sessions?redirect_url=/bye", &[("session", &own.to_string())]).await, "https://myapp.com/bye");
    assert!(browser.cookies.is_empty());
    assert_page(&ben.post("/user/sessions", &[("session", "x")]).await, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_guesser_with_a_session_is_rate_limited(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    for _ in 0..8 {
        browser.post("/user/password", &[("current", "wrong"), ("new", OTHER)]).await;
    }
    let held = browser.post("/user/password", &[("current", PASSWORD), ("new", OTHER)]).await;
    assert_page(&held, StatusCode::TOO_MANY_REQUESTS);
    assert!(held.headers.contains_key("retry-after"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_visitor_deletes_their_account_with_their_password(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut another = sign_in(&browser, PASSWORD).await;
    browser.post("/create-organization", &[("name", "Alone")]).await;
    for wrong in ["", "wrong"] {
        let answer = browser.post("/user/delete", &[("password", wrong)]).await;
        assert_page(&answer, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(is_invalid(answer.text(), "password") && answer.text().contains("<details open class=\"deletion\">"), "{}", answer.text());
    }
    assert_leads(&browser.post("/user/delete?redirect_url=/bye", &[("password", PASSWORD)]).await, "https://myapp.com/bye");
    assert!(browser.cookies.is_empty());
    assert_leads(&another.get("/user").await, "/sign-in?then=user");
    assert!(sign_in(&browser, PASSWORD).await.cookies.is_empty());
    let left: i64 =
        sqlx::query_scalar("select (select count(*) from visitors) + (select count(*) from organizations)").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0);
}
