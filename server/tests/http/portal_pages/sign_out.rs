//! `/sign-out`.

use app::redirects::Flow;
use axum::http::StatusCode;
use sqlx::PgPool;

use super::{Browser, assert_leads, assert_page};
use crate::{common::store_fallbacks, html::text};

#[sqlx::test(migrations = "../migrations")]
async fn the_page_asks_and_its_button_ends_the_session(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    store_fallbacks(&pool, &[(Flow::SignOut, "/bye")]).await;
    browser.sign_up("", "ana@myapp.com").await;
    let kept = browser.clone();
    let page = browser.get("/sign-out?redirect_url=/later").await;
    assert_page(&page, StatusCode::OK);
    assert!(text(page.text()).contains("You are signed in as ana@myapp.com."), "{}", text(page.text()));
    assert_page(&browser.get("/user").await, StatusCode::OK);
    assert_leads(&browser.send_form(&page, &[]).await, "https://myapp.com/later");
    assert!(browser.cookies.is_empty());
    // The token no longer counts, wherever it is kept.
    assert_page(&kept.clone().get("/sign-in").await, StatusCode::OK);
    // Signed-out visitors skip the page.
    assert_leads(&browser.get("/sign-out").await, "https://myapp.com/bye");
    assert_leads(&browser.post("/sign-out", &[]).await, "https://myapp.com/bye");
    assert_leads(&kept.clone().get("/sign-out?redirect_url=//evil.com").await, "https://myapp.com/bye");
}

#[sqlx::test(migrations = "../migrations")]
async fn fields_that_the_form_does_not_have_are_ignored(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let mut another = browser.clone();
    browser.sign_up("", "ana@myapp.com").await;
    another.sign_up("", "ben@myapp.com").await;
    assert_leads(&browser.post("/sign-out", &[("visitor", "2"), ("extension", "x")]).await, "https://myapp.com/");
    assert_leads(&browser.get("/user").await, "/sign-in?then=user");
    assert_page(&another.get("/user").await, StatusCode::OK);
}
