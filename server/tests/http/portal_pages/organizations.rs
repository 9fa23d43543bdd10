//! `/create-organization` and `/organization`.

use app::redirects::Flow;
use axum::http::StatusCode;
use sqlx::PgPool;

use super::{Browser, HOST, assert_leads, assert_page};
use crate::{
    common::store_fallbacks,
    html::{is_invalid, text, value, values},
};

#[sqlx::test(migrations = "../migrations")]
async fn an_organization_is_created_listed_and_left(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    store_fallbacks(&pool, &[(Flow::CreateOrganization, "/made"), (Flow::LeaveOrganization, "/left")]).await;
    browser.sign_up("", "ana@myapp.com").await;
    let page = browser.get("/create-organization").await;
    assert_page(&page, StatusCode::OK);
    assert_leads(&browser.send_form(&page, &[("name", " Ducks & <b>Sons</b> ")]).await, "https://myapp.com/made");
    let page = browser.get("/organization?redirect_url=https://evil.com").await;
    assert_page(&page, StatusCode::OK);
    assert!(text(page.text()).contains("Ducks & <b>Sons</b>") && text(page.text()).contains("ana@myapp.com"), "{}", text(page.text()));
    assert_leads(&browser.send_form(&page, &[]).await, "https://myapp.com/left");
    let page = browser.get("/organization").await;
    assert!(text(page.text()).contains("You are not in an organization yet."), "{}", text(page.text()));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invalid_name_gets_an_error_beside_its_field(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let long = "ü".repeat(5_000);
    for name in ["", " \t", &long, "a\u{202e}b"] {
        let answer = browser.post("/create-organization?redirect_url=/x", &[("name", name)]).await;
        assert_page(&answer, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(is_invalid(answer.text(), "name") && value(answer.text(), "name") == name);
    }
    // A browser extension's field changes nothing.
    assert_eq!(browser.post("/create-organization", &[("name", "x"), ("owner", "1")]).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_sees_or_leaves_an_organization_that_they_are_not_in(pool: PgPool) {
    let mut ana = Browser::at_my_app(&pool).await;
    let mut ben = Browser::at(&ana.site, HOST);
    ana.sign_up("", "ana@myapp.com").await;
    ben.sign_up("", "ben@myapp.com").await;
    ana.post("/create-organization", &[("name", "Ducks")]).await;
    let page = ana.get("/organization").await;
    let organization = values(page.text(), "organization").remove(0);
    assert!(!text(ben.get("/organization").await.text()).contains("Ducks"));
    ben.post("/organization", &[("organization", &organization)]).await;
    assert!(text(ana.get("/organization").await.text()).contains("Ducks"));
    for form in [&[("organization", "x")][..], &[], &[("organization", "99999999999999999999")]] {
        assert_page(&ana.post("/organization", form).await, StatusCode::BAD_REQUEST);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn signed_out_visitors_sign_in_first(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    for (path, then) in [("/create-organization", "create-organization"), ("/organization", "organization"), ("/user", "user")] {
        let asked = browser.get(&format!("{path}?redirect_url=/x")).await;
        assert_leads(&asked, &format!("/sign-in?redirect_url=%2Fx&then={then}"));
    }
    let again = browser.post("/create-organization", &[("name", "Ducks")]).await;
    assert_page(&again, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(value(again.text(), "name"), "Ducks");
    assert!(text(again.text()).contains("You are signed out. Sign in in another tab"));
    assert_leads(&browser.post("/organization", &[("organization", "1")]).await, "/sign-in?then=organization");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_client_that_keeps_creating_organizations_is_rate_limited_and_stores_so_many_in_a_day(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    assert_eq!(browser.post("/create-organization", &[("name", "Ducks")]).await.status, StatusCode::SEE_OTHER);
    let used = "update visitor_quotas set used = 200 where kind = 'organization' and network <> '*'";
    sqlx::query(used).execute(&pool).await.unwrap();
    let answer = browser.post("/create-organization", &[("name", "Geese")]).await;
    assert_page(&answer, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(value(answer.text(), "name"), "Geese");
    let mut last = answer;
    for _ in 0..60 {
        last = browser.post("/create-organization", &[("name", "")]).await;
    }
    assert_page(&last, StatusCode::TOO_MANY_REQUESTS);
    let made: i64 = sqlx::query_scalar("select count(*) from organizations").fetch_one(&pool).await.unwrap();
    assert_eq!(made, 1);
}
