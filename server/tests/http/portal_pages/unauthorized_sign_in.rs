//! `/unauthorized-sign-in`.

use axum::http::StatusCode;
use sqlx::PgPool;

use super::{Browser, HOST, PASSWORD, assert_leads, assert_page};
use crate::html::{href, text};

#[sqlx::test(migrations = "../migrations")]
async fn a_signed_in_visitor_ends_the_other_sessions(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut thief = Browser::at(&browser.site, HOST);
    thief.post("/sign-in", &[("identifier", "ana@myapp.com"), ("password", PASSWORD)]).await;
    assert_page(&thief.get("/user").await, StatusCode::OK);
    let page = browser.get("/unauthorized-sign-in?redirect_url=/x").await;
    assert_page(&page, StatusCode::OK);
    let ended = browser.send_form(&page, &[]).await;
    assert_leads(&ended, "/unauthorized-sign-in?redirect_url=%2Fx&done=others");
    let page = browser.get(ended.header("location")).await;
    assert!(text(page.text()).contains("You are signed out everywhere else."), "{}", text(page.text()));
    assert_eq!(href(page.text(), "Change the password").unwrap(), "/user?redirect_url=%2Fx");
    assert_page(&browser.get("/user").await, StatusCode::OK);
    assert_leads(&thief.get("/user").await, "/sign-in?then=user");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_signed_out_visitor_signs_in_first(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let page = browser.get("/unauthorized-sign-in?done=others").await;
    assert_page(&page, StatusCode::OK);
    assert_eq!(href(page.text(), "Sign in").unwrap(), "/sign-in?then=unauthorized-sign-in");
    assert!(!page.text().contains("<form"));
    assert_leads(&browser.post("/unauthorized-sign-in", &[]).await, "/sign-in?then=unauthorized-sign-in");
    // After the sign-in, the page asks again.
    browser.sign_up("", "ana@myapp.com").await;
    assert_leads(&browser.get("/sign-in?then=unauthorized-sign-in").await, "/unauthorized-sign-in");
}
