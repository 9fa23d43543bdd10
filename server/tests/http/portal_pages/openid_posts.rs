//! `OpenID` Connect: requests whose parameters come as a form, which is on a page of another site.

use axum::http::StatusCode;
use sqlx::PgPool;

use super::{
    Browser, HOST, assert_page,
    openid::{at_my_app, authorize, led, parameters},
    session::APP,
    store_local,
};
use crate::common::{FORM, Site};

/// What a browser sends along with a form of another site. The visitor's cookies are not among it.
const CROSS_SITE: &[(&str, &str)] =
    &[("origin", "https://shop.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

#[sqlx::test(migrations = "../migrations")]
async fn a_form_of_another_site_goes_on_as_a_link_which_carries_the_visitors_cookies(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut without_cookies = Browser::at(&browser.site, HOST);
    let sent =
        without_cookies.post_body("/oauth2/authorize?client_id=ignored", CROSS_SITE, parameters(&[("login_hint", "ü & \r\n")])).await;
    assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, authorize(&[("login_hint", "ü & \r\n")]).as_str()));
    assert_eq!((sent.header("set-cookie"), sent.header("cache-control")), ("", "no-store"));
    let answered = browser.get(sent.header("location")).await;
    assert!(led(&answered, "code").is_some() && led(&answered, "state").as_deref() == Some("a b"), "{answered:?}");
    // What is wrong with it is said by the page that it leads to.
    let sent = without_cookies.post_body("/oauth2/authorize", CROSS_SITE, parameters(&[("redirect_uri", "https://evil.com/")])).await;
    assert_page(&browser.get(sent.header("location")).await, StatusCode::BAD_REQUEST);
    let twice = format!("{}&state=x", parameters(&[]));
    let sent = without_cookies.post_body("/oauth2/authorize", CROSS_SITE, twice).await;
    assert_eq!(led(&browser.get(sent.header("location")).await, "error").as_deref(), Some("invalid_request"));
    // A page of the same site, whose form carries them.
    let same_site = [("origin", APP), ("sec-fetch-site", "same-site")];
    let sent = browser.post_body("/oauth2/authorize", &same_site, parameters(&[])).await;
    assert_eq!(sent.header("location"), authorize(&[]), "{sent:?}");

    let sent =
        without_cookies.post_body("/oauth2/logout", CROSS_SITE, "post_logout_redirect_uri=https%3A%2F%2Fapp.myapp.com%2F".into()).await;
    let asked = browser.get(sent.header("location")).await;
    assert_eq!(asked.header("location"), "/sign-out?redirect_url=https%3A%2F%2Fapp.myapp.com%2F");
    assert!(led(&browser.get(&authorize(&[("prompt", "none")])).await, "code").is_some(), "a form signs nobody out");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_body_that_is_no_form_or_is_too_long_leads_nowhere(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    for path in ["/oauth2/authorize", "/oauth2/logout"] {
        let answer = browser.post_body(path, CROSS_SITE, format!("state={}", "a".repeat(16_385))).await;
        assert_page(&answer, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(answer.header("location"), "");
        for (kind, body) in [("application/json", "{}".to_owned()), ("multipart/form-data; boundary=x", "--x--".to_owned())] {
            let headers = [&[("host", HOST), ("content-type", kind)], CROSS_SITE].concat();
            assert_page(&browser.site.post_body(path, &headers, body).await, StatusCode::BAD_REQUEST);
        }
        let headers = [&[("host", HOST), ("content-type", FORM)], CROSS_SITE].concat();
        assert_page(&browser.site.post_body(path, &headers, "state=%ff").await, StatusCode::BAD_REQUEST);
    }
    // Nothing else is open to other sites.
    assert_eq!(browser.post_body("/oauth2/authorize/continue", CROSS_SITE, parameters(&[])).await.status, StatusCode::FORBIDDEN);
}

#[sqlx::test(migrations = "../migrations")]
async fn below_a_path_of_the_dashboard_a_form_goes_on_at_the_same_path(pool: PgPool) {
    store_local(&pool).await;
    let mut browser = Browser::at(&Site::anonymous(&pool), "localhost:3000");
    for page in ["authorize", "logout"] {
        let sent = browser.post_body(&format!("/portal/local/oauth2/{page}"), CROSS_SITE, "state=s".into()).await;
        assert_eq!(sent.header("location"), format!("/portal/local/oauth2/{page}?state=s"), "{sent:?}");
    }
}
