//! `OpenID` Connect: a sign-out that an application asks for, and ID tokens that it sends back as hints.

use axum::http::StatusCode;
use sqlx::PgPool;
use url::form_urlencoded;

use super::{
    Browser, HOST, NAVIGATION, PASSWORD, assert_page,
    openid::{at_my_app, authorize, led},
    session::APP,
};

const BYE: &str = "https://app.myapp.com/bye";

impl Browser {
    /// Signs in to the application. Returns its ID token.
    async fn id_token(&mut self) -> String {
        let code = self.code(&[]).await;
        self.redeem(&code, &[], &[]).await.json()["id_token"].as_str().unwrap().to_owned()
    }

    /// The error that the application gets that wants no page to be shown.
    async fn error(&mut self, hint: &str) -> Option<String> {
        let answer = self.get(&authorize(&[("prompt", "none"), ("id_token_hint", hint)])).await;
        assert_eq!(led(&answer, "error").is_none(), led(&answer, "code").is_some(), "{answer:?}");
        led(&answer, "error")
    }

    async fn is_signed_in(&mut self) -> bool {
        led(&self.get(&authorize(&[("prompt", "none")])).await, "code").is_some()
    }
}

/// The same token, signed by nobody.
fn forged(token: &str) -> String {
    format!("{}AAAA", &token[..token.len() - 4])
}

fn log_out(more: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("post_logout_redirect_uri", BYE).append_pair("state", "s").extend_pairs(more);
    format!("/oauth2/logout?{}", query.finish())
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_out_that_a_client_asks_for_goes_through_the_sign_out_page_and_the_policy(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let to = |uri: &str| {
        format!(
            "/oauth2/logout?state=s&{}",
            form_urlencoded::Serializer::new(String::new()).append_pair("post_logout_redirect_uri", uri).finish()
        )
    };
    let page = browser.get(browser.clone().get(&to("https://app.myapp.com/bye")).await.header("location")).await;
    assert_page(&page, StatusCode::OK);
    let sent = browser.send_form(&page, &[]).await;
    assert_eq!(sent.header("location"), "https://app.myapp.com/bye?state=s");
    let out = browser.clone().get(&to("https://evil.com/")).await;
    assert_eq!(browser.get(out.header("location")).await.header("location"), "https://myapp.com/", "the fallback");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_application_signs_out_at_once_whom_it_has_signed_in(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let token = browser.id_token().await;
    let session_token = browser.get_with("/v1/session", &[("origin", APP)]).await.json()["token"].as_str().unwrap().to_owned();
    // The same visitor in another browser.
    let mut another = Browser::at(&browser.site, HOST);
    let page = another.get("/sign-in").await;
    another.send_form(&page, &[("identifier", "ana@myapp.com"), ("password", PASSWORD)]).await;
    let elsewhere = another.id_token().await;
    let asks = "/sign-out?redirect_url=https%3A%2F%2Fapp.myapp.com%2Fbye%3Fstate%3Ds";
    for wrong in [
        &[("id_token_hint", "x")][..],
        &[("id_token_hint", &forged(&token))],
        &[("id_token_hint", &session_token)],
        &[("id_token_hint", &elsewhere)],
        &[("id_token_hint", &token), ("client_id", "https://myapp.com")],
        &[("id_token_hint", &token), ("id_token_hint", &token)],
    ] {
        assert_eq!(browser.get(&log_out(wrong)).await.header("location"), asks, "{wrong:?}");
        assert!(browser.is_signed_in().await, "{wrong:?}");
    }
    sqlx::query("update visitor_sessions set by_provider = true").execute(&pool).await.unwrap();
    let answer = browser.get(&log_out(&[("id_token_hint", &token)])).await;
    assert_eq!(answer.header("location"), asks, "the page offers to sign out at the identity provider too");
    sqlx::query("update visitor_sessions set by_provider = false").execute(&pool).await.unwrap();

    let mut copy = browser.clone();
    let out = browser.get(&log_out(&[("id_token_hint", &token), ("client_id", APP)])).await;
    assert_eq!(out.header("location"), "https://app.myapp.com/bye?state=s", "{out:?}");
    assert!(out.header("set-cookie").contains("Max-Age=0") && !copy.is_signed_in().await);
    assert!(another.is_signed_in().await);
    // Once more: nobody is signed in, so the page does not ask.
    let again = browser.get(&log_out(&[("id_token_hint", &token)])).await;
    assert_eq!(browser.get(again.header("location")).await.header("location"), "https://app.myapp.com/bye?state=s");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_browser_moves_on_from_such_a_sign_out_by_the_policy(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    for (uri, target) in [(BYE, "https://app.myapp.com/bye"), ("https://evil.com/", "https://myapp.com/")] {
        browser.sign_up("", &format!("ana{}@myapp.com", uri.len())).await;
        let token = browser.id_token().await;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("post_logout_redirect_uri", uri)
            .append_pair("id_token_hint", &token)
            .finish();
        let page = browser.get_with(&format!("/oauth2/logout?{query}"), NAVIGATION).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains(&format!("href=\"{target}\"")), "{}", page.text());
        assert!(!browser.is_signed_in().await);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn where_no_page_may_be_shown_the_hint_says_who_must_be_signed_in(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let token = browser.id_token().await;
    let mut another = Browser::at(&browser.site, HOST);
    another.sign_up("", "ben@myapp.com").await;
    let bens = another.id_token().await;
    assert_eq!(browser.error(&token).await, None);
    for wrong in [&bens, &forged(&token), "x"] {
        assert_eq!(browser.error(wrong).await.as_deref(), Some("login_required"), "{wrong}");
    }
    assert_eq!(Browser::at(&browser.site, HOST).error(&token).await.as_deref(), Some("login_required"));
    let twice = browser.get(&format!("{}&id_token_hint={token}&id_token_hint={token}", authorize(&[("prompt", "none")]))).await;
    assert_eq!(led(&twice, "error").as_deref(), Some("invalid_request"));
}
