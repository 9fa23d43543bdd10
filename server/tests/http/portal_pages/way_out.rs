//! The way out of a flow: a browser's form leads to `/continue`, and that page to the target.

use app::redirects::{Environment, Flow};
use axum::http::StatusCode;
use sqlx::PgPool;

use super::{Browser, HOST, NAVIGATION, PASSWORD, assert_leads, assert_page, heading, store_local};
use crate::{
    common::{Answer, FORM, Site, store_fallbacks, store_my_app},
    html::{href, text},
};

/// Where a page moves on to, with JavaScript, without, and by its link.
#[track_caller]
pub(super) fn moves_on_to(answer: &Answer) -> String {
    let page = answer.text();
    assert_eq!((answer.status, answer.header("location"), answer.header("refresh")), (StatusCode::OK, "", ""), "{page}");
    assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), ("no-store", "same-origin"));
    assert!(answer.header("content-security-policy").contains("form-action 'self'; "));
    super::without_own_script(answer);
    let target = href(page, "Continue").expect("a link");
    let escaped = target.replace('&', "&amp;");
    assert!(page.contains(&format!("<noscript><meta http-equiv=\"refresh\" content=\"0; url={escaped}\"")), "{page}");
    target
}

/// Follows the answer to a form to where the browser ends.
async fn follow(browser: &mut Browser, answer: &Answer, flow: Flow) -> String {
    assert_leads(answer, &format!("/continue?flow={flow}"));
    moves_on_to(&browser.get(answer.header("location")).await)
}

async fn in_a_browser(pool: &PgPool) -> Browser {
    Browser { headers: NAVIGATION, ..Browser::at_my_app(pool).await }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_form_of_a_browser_leads_to_its_target_by_way_of_continue(pool: PgPool) {
    let mut browser = in_a_browser(&pool).await;
    let target = "https://app.myapp.com/x?a=1&b=%22";
    let link = format!("?{}", url::form_urlencoded::Serializer::new(String::new()).append_pair("redirect_url", target).finish());
    let answer = browser.sign_up(&link, "ana@myapp.com").await;
    assert_eq!(follow(&mut browser, &answer, Flow::SignUp).await, target);

    let made = browser.post(&format!("/create-organization{link}"), &[("name", "Ducks")]).await;
    assert_eq!(follow(&mut browser, &made, Flow::CreateOrganization).await, target);
    let page = browser.get(&format!("/organization{link}")).await;
    let left = browser.send_form(&page, &[]).await;
    assert_eq!(follow(&mut browser, &left, Flow::LeaveOrganization).await, target);
    let out = browser.post(&format!("/sign-out{link}"), &[]).await;
    assert_eq!(follow(&mut browser, &out, Flow::SignOut).await, target);
    let back = browser.post(&format!("/sign-in{link}"), &[("identifier", "ana@myapp.com"), ("password", PASSWORD)]).await;
    assert_eq!(follow(&mut browser, &back, Flow::SignIn).await, target);
    let joined = browser.post(&format!("/waitlist{link}"), &[("email_address", "ben@myapp.com")]).await;
    assert_eq!(follow(&mut browser, &joined, Flow::Waitlist).await, target);
}

#[sqlx::test(migrations = "../migrations")]
async fn it_is_the_same_below_a_path_of_the_dashboards_host(pool: PgPool) {
    let mut browser = in_a_browser(&pool).await;
    browser.host = "localhost:3000";
    let answer = browser.post("/portal/my-app/waitlist?redirect_url=/soon", &[("email_address", "ana@myapp.com")]).await;
    assert_leads(&answer, "/portal/my-app/continue?flow=waitlist");
    assert_eq!(moves_on_to(&browser.get("/portal/my-app/continue").await), "https://myapp.com/soon");
}

#[sqlx::test(migrations = "../migrations")]
async fn browsers_are_told_from_other_clients_by_what_they_ask_for(pool: PgPool) {
    let browser = Browser::at_my_app(&pool).await;
    let body = "email_address=ana%40myapp.com";
    let ways: [(&[(&str, &str)], &str); 7] = [
        (&[("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")], "/continue?flow=waitlist"),
        (&[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")], "/continue?flow=waitlist"),
        (&[], "https://myapp.com/"),
        (&[("accept", "*/*")], "https://myapp.com/"),
        (&[("accept", "application/json")], "https://myapp.com/"),
        (&[("sec-fetch-mode", "cors"), ("sec-fetch-site", "same-origin"), ("accept", "text/html")], "https://myapp.com/"),
        (&[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe"), ("sec-fetch-site", "same-origin")], "https://myapp.com/"),
    ];
    for (headers, to) in ways {
        assert_leads(&browser.clone().post_body("/waitlist", headers, body.to_owned()).await, to);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_link_is_resolved_with_the_settings_of_that_moment(pool: PgPool) {
    let mut browser = in_a_browser(&pool).await;
    let link = "/waitlist?redirect_url=https%3A%2F%2Fshop.example.com%2F";
    let answer = browser.post(link, &[("email_address", "ana@myapp.com")]).await;
    assert_eq!(follow(&mut browser, &answer, Flow::Waitlist).await, "https://myapp.com/");
    store_fallbacks(&pool, &[(Flow::Waitlist, "/soon")]).await;
    assert_eq!(moves_on_to(&browser.get("/continue").await), "https://myapp.com/soon");
    let allowed = "update instances set allowed_origins = array['https://shop.example.com'], version = version + 1";
    sqlx::query(allowed).execute(&pool).await.unwrap();
    browser.site = Site::anonymous(&pool);
    assert_eq!(moves_on_to(&browser.get("/continue").await), "https://shop.example.com/");
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_from_outside_makes_it_leave_the_instances_grounds(pool: PgPool) {
    let browser = in_a_browser(&pool).await;
    let cookie = |value: &str| ("__Host-portal-redirects-continue-1-0".to_owned(), value.to_owned());
    let asked = [
        "/continue",
        "/continue?flow=sign-out",
        "/continue?flow=waitlist&redirect_url=https%3A%2F%2Fevil.example%2F",
        "/continue?flow=waitlist&redirect_url=%2F%2Fevil.example&target=https://evil.example&url=https://evil.example",
        "/continue?redirect_url=https%3A%2F%2Fapp.myapp.com%2Fx&flow=waitlist",
    ];
    let forged = [
        "flow=waitlist&redirect_url=https%3A%2F%2Fevil.example%2F",
        "flow=sign-out&redirect_url=%2F%2Fevil.example&target=https%3A%2F%2Fevil.example",
        "flow=waitlist&redirect_url=javascript%3Aalert(1)",
        "flow=waitlist&redirect_url=https%3A%2F%2Fmyapp.com%40evil.example",
        "flow=logo&redirect_url=https%3A%2F%2Fevil.example%2F",
        "flow=waitlist&then=https%3A%2F%2Fevil.example",
        "https://evil.example/",
        "flow=waitlist~",
        "~",
        "%FF%00",
    ];
    for path in asked {
        // Without the cookie, only the flow of the address counts, and no parameter of it.
        let answer = browser.clone().get(path).await;
        if path.contains("flow=") {
            assert_eq!(moves_on_to(&answer), "https://myapp.com/");
        } else {
            assert_leads(&answer, "/sign-in");
        }
        for value in forged {
            let mut forger = browser.clone();
            forger.cookies.extend([cookie(value), ("__Host-portal-redirects-from-1".into(), "https://evil.example".into())]);
            let referer = [("referer", "https://evil.example/")];
            let answer = forger.get_with(path, &referer).await;
            if answer.status == StatusCode::SEE_OTHER {
                assert_leads(&answer, "/sign-in");
            } else {
                assert_eq!(moves_on_to(&answer), "https://myapp.com/", "{path} {value}");
            }
            assert!(!answer.text().contains("evil"), "{path} {value}");
        }
    }
    // A cookie that a sibling host can set does not count.
    let mut sibling = browser.clone();
    sibling.cookies.insert("portal-redirects-continue-1-0".into(), "flow=waitlist&redirect_url=%2Fx".into());
    assert_leads(&sibling.get("/continue").await, "/sign-in");
    assert_page(&browser.clone().post("/continue", &[("target", "https://evil.example")]).await, StatusCode::METHOD_NOT_ALLOWED);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_browser_that_keeps_no_cookies_is_told_so_and_does_not_land_signed_out(pool: PgPool) {
    let mut browser = in_a_browser(&pool).await;
    for (flow, said) in [(Flow::SignUp, "Your account is created"), (Flow::SignIn, "You are not signed in")] {
        let answer = match flow {
            Flow::SignUp => browser.sign_up("?redirect_url=/x", "ana@myapp.com").await,
            _ => browser.post("/sign-in?then=user", &[("identifier", "ana@myapp.com"), ("password", PASSWORD)]).await,
        };
        browser.cookies.clear();
        let told = browser.get(answer.header("location")).await;
        assert_page(&told, StatusCode::FORBIDDEN);
        assert_eq!(heading(&told), "Your browser blocks cookies");
        assert!(text(told.text()).contains(said), "{}", text(told.text()));
        // A link from elsewhere can't claim that.
        let elsewhere = Browser { headers: &[("sec-fetch-mode", "navigate"), ("sec-fetch-site", "cross-site")], ..browser.clone() };
        assert_leads(&elsewhere.clone().get(answer.header("location")).await, "/sign-in");
    }
    // The waitlist needs no cookie.
    let joined = browser.post("/waitlist", &[("email_address", "ana@myapp.com")]).await;
    browser.cookies.clear();
    assert_eq!(follow(&mut browser, &joined, Flow::Waitlist).await, "https://myapp.com/");
}

#[sqlx::test(migrations = "../migrations")]
async fn signed_in_or_not_a_browser_ends_at_the_same_url(pool: PgPool) {
    let mut browser = in_a_browser(&pool).await;
    let link = "?redirect_url=%2Fapp";
    let answer = browser.sign_up(link, "ana@myapp.com").await;
    let end = follow(&mut browser, &answer, Flow::SignUp).await;
    // A redirect would carry the fragment of the page's address on to the target.
    for path in ["/sign-in", "/sign-up"] {
        assert_eq!(moves_on_to(&browser.get(&format!("{path}{link}")).await), end);
    }
    let out = browser.post(&format!("/sign-out{link}"), &[]).await;
    assert_eq!(follow(&mut browser, &out, Flow::SignOut).await, end);
    assert_eq!(moves_on_to(&browser.get(&format!("/sign-out{link}")).await), end);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_that_the_visitor_wanted_comes_first(pool: PgPool) {
    let mut browser = in_a_browser(&pool).await;
    let link = "?redirect_url=/made&sign_in_force_redirect_url=/in&then=create-organization";
    let answer = browser.sign_up(link, "ana@myapp.com").await;
    assert_leads(&answer, "/continue?flow=sign-up");
    let next = browser.get(answer.header("location")).await;
    assert_leads(&next, "/create-organization?redirect_url=%2Fmade&sign_in_force_redirect_url=%2Fin");
}

#[sqlx::test(migrations = "../migrations")]
async fn in_development_the_requesting_page_still_counts_at_the_end(pool: PgPool) {
    store_local(&pool).await;
    let app = "http://127.0.0.1:5173";
    let mut browser = Browser { headers: NAVIGATION, ..Browser::at(&Site::anonymous(&pool), "accounts.localhost:3000") };
    let link = "/waitlist?redirect_url=http%3A%2F%2F127.0.0.1%3A5173%2Fin";
    browser.get_with(link, &[("referer", &format!("{app}/page"))]).await;
    let answer = browser.post(link, &[("email_address", "ana@myapp.com")]).await;
    assert_leads(&answer, "/continue?flow=waitlist");
    // With the form's page as its referrer, and in a browser that sends none. A stranger's page does not take its place.
    for headers in [&[("referer", "http://accounts.localhost:3000/waitlist")][..], &[], &[("referer", "http://evil.example/")]] {
        assert_eq!(moves_on_to(&browser.get_with("/continue", headers).await), format!("{app}/in"), "{headers:?}");
    }
    // It counts for the browser that came from there only.
    let mut other = Browser { cookies: std::collections::BTreeMap::new(), ..browser.clone() };
    other.cookies.extend(browser.cookies.into_iter().filter(|(name, _)| name.contains("continue")));
    assert_eq!(moves_on_to(&other.get_with("/continue", &[("referer", app)]).await), "http://localhost:4000/");
}

#[sqlx::test(migrations = "../migrations")]
async fn in_production_no_cookie_makes_the_requesting_page_count(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    let cookie = "__Host-portal-redirects-from-1=https://evil.example; \
        __Host-portal-redirects-continue-1-0=flow=waitlist&redirect_url=https%3A%2F%2Fevil.example";
    let headers = [("host", HOST), ("cookie", cookie), ("accept", "text/html"), ("content-type", FORM)];
    assert_eq!(moves_on_to(&site.get_with("/continue", &headers).await), "https://myapp.com/");
}
