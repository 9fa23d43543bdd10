//! `/waitlist`.

use app::redirects::Flow;
use axum::http::StatusCode;
use sqlx::PgPool;

use super::{Browser, assert_leads, assert_page};
use crate::{
    common::store_fallbacks,
    html::{is_invalid, value},
};

#[sqlx::test(migrations = "../migrations")]
async fn a_visitor_who_joins_again_ends_at_the_flows_target_too(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    store_fallbacks(&pool, &[(Flow::Waitlist, "/soon")]).await;
    let page = browser.get("/waitlist?email_address=ana%40myapp.com&username=nick").await;
    assert_page(&page, StatusCode::OK);
    assert_eq!(value(page.text(), "email_address"), "ana@myapp.com");
    assert_leads(&browser.send_form(&page, &[]).await, "https://myapp.com/soon");
    assert_leads(&browser.send_form(&page, &[("email_address", "ANA@myapp.com")]).await, "https://myapp.com/soon");
    let there: Vec<String> = sqlx::query_scalar("select email_address from waitlist_entries").fetch_all(&pool).await.unwrap();
    assert_eq!(there, ["ana@myapp.com"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invalid_address_gets_an_error_beside_its_field(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let long = format!("{}@myapp.com", "a".repeat(10_000));
    for typed in ["", "ana", "a b@c", &long, "\"><script>alert(1)</script>"] {
        let answer = browser.post("/waitlist?redirect_url=/x", &[("email_address", typed)]).await;
        assert_page(&answer, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(is_invalid(answer.text(), "email_address"));
        assert_eq!(value(answer.text(), "email_address"), typed);
    }
    // A browser extension's field changes nothing.
    assert_leads(&browser.post("/waitlist", &[("email_address", "ana@myapp.com"), ("x", "")]).await, "https://myapp.com/");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_client_that_keeps_joining_is_rate_limited(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let mut held = None;
    for n in 0..100 {
        let answer = browser.post("/waitlist", &[("email_address", &format!("{n}@myapp.com"))]).await;
        if answer.status != StatusCode::SEE_OTHER {
            held = Some((n, answer));
            break;
        }
    }
    let (n, answer) = held.unwrap();
    assert_page(&answer, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(value(answer.text(), "email_address"), format!("{n}@myapp.com"));
}
