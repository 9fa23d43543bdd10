//! The pages carry a link's parameters along, and the logo and Cancel lead where the rules say.

use app::redirects::Flow;
use axum::http::StatusCode;
use sqlx::PgPool;

use super::{Browser, action, assert_leads, assert_page};
use crate::{
    common::{Site, store_fallbacks},
    html::{href, text},
};

const QUERY: &str = "redirect_url=https%3A%2F%2Fmyapp.com%2Fx&sign_in_force_redirect_url=%2Fa&sign_in_fallback_redirect_url=%2Fb\
    &sign_up_force_redirect_url=%2Fc&sign_up_fallback_redirect_url=%2Fd&email_address=a%40b&phone_number=%2B49&username=n&first_name=F\
    &last_name=L";

#[sqlx::test(migrations = "../migrations")]
async fn forms_and_links_carry_all_parameters_of_the_link(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    for (base, host) in [("", super::HOST), ("/portal/my-app", "localhost:3000")] {
        browser.host = host;
        let page = browser.get(&format!("{base}/sign-in?{QUERY}&x=y")).await;
        assert_eq!(action(page.text()), format!("{base}/sign-in?{QUERY}"));
        assert_eq!(href(page.text(), "Sign up").unwrap(), format!("{base}/sign-up?{QUERY}"));
        let page = browser.get(&format!("{base}/sign-up?{QUERY}")).await;
        assert_eq!(action(page.text()), format!("{base}/sign-up?{QUERY}"));
        assert_eq!(href(page.text(), "Sign in").unwrap(), format!("{base}/sign-in?{QUERY}"));
        assert_eq!(action(browser.get(&format!("{base}/waitlist?{QUERY}")).await.text()), format!("{base}/waitlist?{QUERY}"));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn cancel_leads_where_the_logo_does_whatever_the_link_says(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    for (stored, out) in [(&[][..], "https://myapp.com/"), (&[(Flow::Logo, "/home")], "https://myapp.com/home")] {
        store_fallbacks(&pool, stored).await;
        for path in ["/sign-in", "/sign-up", "/waitlist"] {
            let page = browser.get(&format!("{path}?redirect_url=https://myapp.com/x")).await;
            assert_eq!((href(page.text(), "MyApp"), href(page.text(), "Cancel")), (Some(out.to_owned()), Some(out.to_owned())), "{path}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_root_and_other_spellings_lead_to_a_page_with_the_links_parameters(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    for (asked, to) in [
        ("/", "/sign-in"),
        ("/?redirect_url=/x&username=a", "/sign-in?redirect_url=%2Fx&username=a"),
        ("/sign-in/?redirect_url=/x", "/sign-in?redirect_url=%2Fx"),
        ("/sign%2Dup", "/sign-up"),
        ("/user/", "/user"),
        ("/sign-in/factor-one?username=a", "/sign-in?username=a"),
        ("/sign-up/tasks?redirect_url=/x", "/sign-up?redirect_url=%2Fx"),
    ] {
        assert_leads(&browser.get(asked).await, to);
    }
    let site = Site::anonymous(&pool);
    for (asked, to) in [
        ("/portal/my-app", "/portal/my-app/sign-in"),
        ("/portal/my-app/?username=a", "/portal/my-app/sign-in?username=a"),
        ("/portal/my-app/sign-up/", "/portal/my-app/sign-up"),
    ] {
        assert_leads(&site.get(asked).await, to);
    }
    // The root is the sign-in page for those who are signed in too.
    browser.sign_up("", "ana@myapp.com").await;
    assert_leads(&browser.get("/?redirect_url=/x").await, "/sign-in?redirect_url=%2Fx");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_that_is_too_long_gets_a_notice(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let link = |length: usize| format!("/sign-in?redirect_url=/{}", "a".repeat(length - "redirect_url=/".len()));
    let longest = browser.get(&link(16_384)).await;
    assert_page(&longest, StatusCode::OK);
    assert_eq!(action(longest.text()), "/sign-in");
    let answer = browser.get(&link(16_385)).await;
    assert_page(&answer, StatusCode::URI_TOO_LONG);
    assert!(text(answer.text()).contains("16,384 bytes"));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_typed_goes_along_to_the_other_page_after_a_failed_attempt(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let link = "?redirect_url=/x&email_address=old%40myapp.com&then=user";
    let page = browser.get(&format!("/sign-in{link}")).await;
    for (typed, carried) in [
        ("ana@myapp.com", "redirect_url=%2Fx&email_address=ana%40myapp.com&then=user"),
        ("+49 170 1234567", "redirect_url=%2Fx&phone_number=%2B49+170+1234567&then=user"),
        ("nick", "redirect_url=%2Fx&username=nick&then=user"),
        // Perhaps a password: it stays out of addresses.
        ("correct horse battery staple", "redirect_url=%2Fx&email_address=old%40myapp.com&then=user"),
        ("correcthorsebattery", "redirect_url=%2Fx&email_address=old%40myapp.com&then=user"),
    ] {
        let failed = browser.send_form(&page, &[("identifier", typed), ("password", "wrong")]).await;
        assert_page(&failed, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(href(failed.text(), "Sign up").unwrap(), format!("/sign-up?{carried}"));
        assert!(action(failed.text()).contains("email_address=old%40myapp.com"));
    }
    let page = browser.get("/sign-up?redirect_url=/x").await;
    let failed = browser.send_form(&page, &[("username", "nick"), ("last_name", "Li"), ("password", "short")]).await;
    assert_eq!(href(failed.text(), "Sign in").unwrap(), "/sign-in?redirect_url=%2Fx&username=nick&last_name=Li");
}
