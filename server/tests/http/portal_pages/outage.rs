//! While PostgreSQL is down, pages are still shown, signed-in visitors skip the sign-in page, and nothing that was typed is lost.

use app::redirects::Flow;
use axum::http::StatusCode;
use sqlx::PgPool;

use super::{Browser, HOST, PASSWORD, assert_leads, assert_page};
use crate::{
    common::store_fallbacks,
    html::{text, value},
};

#[sqlx::test(migrations = "../migrations")]
async fn forms_are_shown_and_come_back_with_what_was_typed(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.get("/sign-in").await;
    pool.close().await;
    for (path, field, typed, said) in [
        ("/sign-in", "identifier", "ana@myapp.com", "We can't sign you in right now. Try again in a moment."),
        ("/sign-up", "email_address", "ana@myapp.com", "We can't create your account right now. Try again in a moment."),
        ("/waitlist", "email_address", "ana@myapp.com", "We can't put you on the waitlist right now. Try again in a moment."),
    ] {
        let page = browser.get(&format!("{path}?redirect_url=/x")).await;
        assert_page(&page, StatusCode::OK);
        let mut fields = vec![(field, typed)];
        if path != "/waitlist" {
            fields.push(("password", PASSWORD));
        }
        let answer = browser.send_form(&page, &fields).await;
        assert_page(&answer, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((answer.header("retry-after"), value(answer.text(), field).as_str()), ("5", typed));
        assert!(text(answer.text()).contains(said) && !answer.text().contains(PASSWORD), "{}", text(answer.text()));
    }
    assert_leads(&browser.get("/sign-out?redirect_url=/x").await, "https://myapp.com/x");
}

#[sqlx::test(migrations = "../migrations")]
async fn recently_signed_in_visitors_skip_the_sign_in_page(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/in")]).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut unseen = Browser::at(&browser.site, HOST);
    unseen.post("/sign-in", &[("identifier", "ana@myapp.com"), ("password", PASSWORD)]).await;
    assert_leads(&browser.get("/sign-in").await, "https://myapp.com/in");
    pool.close().await;
    assert_leads(&browser.get("/sign-in?redirect_url=/x").await, "https://myapp.com/x");
    assert_page(&browser.get("/create-organization").await, StatusCode::OK);
    let kept = browser.post("/create-organization", &[("name", "Ducks")]).await;
    assert_page(&kept, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(value(kept.text(), "name"), "Ducks");
    for path in ["/user", "/organization"] {
        assert_page(&browser.get(path).await, StatusCode::SERVICE_UNAVAILABLE);
    }
    let names = browser.post("/user/names", &[("first_name", "Anna"), ("last_name", "")]).await;
    assert_page(&names, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(value(names.text(), "first_name"), "Anna");
    // Others are asked to sign in, or to wait where a page needs their account.
    assert_page(&unseen.get("/sign-in").await, StatusCode::OK);
    assert_page(&unseen.get("/user").await, StatusCode::SERVICE_UNAVAILABLE);
    // A visitor who wants to sign out is not taken for signed in from then on.
    assert_page(&browser.post("/sign-out", &[]).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_page(&browser.get("/sign-in").await, StatusCode::OK);
}
