//! A visitor who has forgotten their password: a mail with a link and a code, and a new password.

use app::mail::{
    MailKind, content,
    store::{self, DueMail},
};
use axum::http::StatusCode;
use server::{http::options::HttpOptions, mail::Mailer};
use sqlx::PgPool;

use super::{Browser, HOST, PASSWORD, assert_leads, assert_page, heading, store_other};
use crate::{
    common::{Site, store_my_app},
    html::{href, is_invalid, text, value, values},
};
use app::redirects::Environment;

const OTHER: &str = "three ducks on a pond";

/// A server that sends mail, and whose mail nobody takes: the tests read the outbox.
pub(super) fn site(pool: &PgPool, dashboard_url: Option<&str>) -> Site {
    let mailer = Mailer::parse("smtp://127.0.0.1:1?tls=none", "no-reply@myapp.com").unwrap();
    Site::with_options(pool, dashboard_url, HttpOptions::default().with_mailer(Some(mailer)))
}

pub(super) async fn browser(pool: &PgPool) -> Browser {
    store_my_app(pool, Environment::Production).await;
    Browser::at(&site(pool, None), HOST)
}

/// What is in the outbox, which is empty then.
pub(super) async fn outbox(pool: &PgPool) -> Vec<DueMail> {
    let due = store::claim(pool, 100).await.unwrap();
    for mail in &due {
        store::remove(pool, mail.id).await.unwrap();
    }
    due
}

/// The plain text of the one mail in the outbox.
pub(super) async fn mail(pool: &PgPool) -> String {
    let due = outbox(pool).await;
    let [mail] = &due[..] else { panic!("{} mails", due.len()) };
    content(pool, mail).await.unwrap().expect("something to say").plain
}

/// The path and query of the mail's link.
pub(super) fn link(mail: &str) -> String {
    mail.lines().find_map(|line| line.strip_prefix("https://accounts.myapp.com")).expect("a link").to_owned()
}

pub(super) fn code(mail: &str) -> String {
    mail.lines().find_map(|line| line.strip_prefix("Or enter this code: ")).expect("a code").to_owned()
}

pub(super) async fn is_verified(pool: &PgPool) -> bool {
    sqlx::query_scalar("select email_verified_at is not null from visitors").fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_link_of_a_mail_leads_to_a_new_password_and_on_to_the_links_target(pool: PgPool) {
    let mut first = browser(&pool).await;
    first.sign_up("", "ana@myapp.com").await;
    assert!(!is_verified(&pool).await);
    let mut second = Browser::at(&first.site, HOST);
    let page = second.get("/sign-in?redirect_url=https://app.myapp.com/x&email_address=ana%40myapp.com&then=user").await;
    let forgot = href(page.text(), "Forgot your password?").unwrap().replace("&amp;", "&");
    assert_eq!(forgot, "/forgot-password?redirect_url=https%3A%2F%2Fapp.myapp.com%2Fx&email_address=ana%40myapp.com&then=user");
    let page = second.get("/forgot-password?redirect_url=https://app.myapp.com/x&email_address=ana@myapp.com").await;
    assert_page(&page, StatusCode::OK);
    assert_eq!(value(page.text(), "email_address"), "ana@myapp.com");
    let asked = second.send_form(&page, &[]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let page = second.get(asked.header("location")).await;
    assert!(text(page.text()).contains("a mail is on its way") && page.text().contains("name=\"code\""), "{}", text(page.text()));

    let link = link(&mail(&pool).await);
    assert!(link.starts_with("/reset-password?redirect_url=https%3A%2F%2Fapp.myapp.com%2Fx&code="), "{link}");
    // Scanners open it as well, some with HEAD.
    for _ in 0..3 {
        assert_page(&Browser::at(&first.site, HOST).get(&link).await, StatusCode::OK);
    }
    let mut third = Browser::at(&first.site, HOST);
    let page = third.get(&link).await;
    let weak = third.send_form(&page, &[("new", "ana@myapp.com")]).await;
    assert_page(&weak, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_invalid(weak.text(), "new") && values(weak.text(), "new") == [""]);
    assert_page(&first.get("/user").await, StatusCode::OK);
    assert_leads(&third.send_form(&weak, &[("new", OTHER)]).await, "https://app.myapp.com/x");
    assert_page(&third.get("/user").await, StatusCode::OK);
    assert_leads(&first.get("/user").await, "/sign-in?then=user");
    assert!(is_verified(&pool).await);

    // The link has been used, and the earlier password is worth nothing.
    let again = third.get(&link).await;
    assert_page(&again, StatusCode::GONE);
    assert_eq!(heading(&again), "This link is no longer valid");
    let again = third.send_form(&page, &[("new", "another long password")]).await;
    assert_page(&again, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_invalid(again.text(), "code"));
    let sign_in = [("identifier", "ana@myapp.com"), ("password", PASSWORD)];
    assert_page(&second.post("/sign-in", &sign_in).await, StatusCode::UNPROCESSABLE_ENTITY);
    let sign_in = [("identifier", "ana@myapp.com"), ("password", OTHER)];
    assert_leads(&second.post("/sign-in", &sign_in).await, "https://myapp.com/");
    // A mail tells the owner.
    let notices = outbox(&pool).await;
    assert_eq!(notices.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [Some(MailKind::VisitorPasswordChanged)]);
    let notice = content(&pool, &notices[0]).await.unwrap().unwrap();
    assert!(notice.plain.contains("https://accounts.myapp.com/forgot-password"), "{}", notice.plain);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_code_can_be_typed_in_any_spelling(pool: PgPool) {
    let mut browser = browser(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut other = Browser::at(&browser.site, HOST);
    let asked = other.post("/forgot-password?redirect_url=/x", &[("email_address", " Ana@MyApp.com ")]).await;
    assert_leads(&asked, "/reset-password?redirect_url=%2Fx&done=sent");
    let code = code(&mail(&pool).await);
    let page = other.get(asked.header("location")).await;
    let wrong = other.send_form(&page, &[("code", "0000-0000-0000-0000"), ("new", OTHER)]).await;
    assert_page(&wrong, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(value(wrong.text(), "code"), "0000-0000-0000-0000");
    let typed = format!(" {} ", code.to_uppercase().replace('-', " "));
    assert_leads(&other.send_form(&page, &[("code", &typed), ("new", OTHER)]).await, "https://myapp.com/x");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_answer_is_the_same_without_an_account(pool: PgPool) {
    let mut browser = browser(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut seen = Vec::new();
    for email in ["ana@myapp.com", "ben@myapp.com"] {
        let mut stranger = Browser::at(&browser.site, HOST);
        let asked = stranger.post("/forgot-password?redirect_url=/x", &[("email_address", email)]).await;
        let page = stranger.get(asked.header("location")).await;
        seen.push((asked.status, asked.header("location").to_owned(), asked.header("set-cookie").to_owned(), text(page.text())));
    }
    assert_eq!(seen[0], seen[1]);
    // The request does the same for both. The difference is made when the mail is sent.
    let due = outbox(&pool).await;
    assert_eq!(due.len(), 2);
    let mut said = Vec::new();
    for mail in &due {
        said.push((mail.recipient.as_str(), content(&pool, mail).await.unwrap().is_some()));
    }
    said.sort_unstable();
    assert_eq!(said, [("ana@myapp.com", true), ("ben@myapp.com", false)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn one_address_gets_few_mails_however_often_somebody_asks(pool: PgPool) {
    let mut browser = browser(&pool).await;
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(browser.post("/forgot-password", &[("email_address", "ana@myapp.com")]).await.status);
    }
    let limited = [StatusCode::TOO_MANY_REQUESTS; 5];
    assert_eq!(answers, [&[StatusCode::SEE_OTHER; 3][..], &limited].concat());
    assert_eq!(outbox(&pool).await.len(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_leads_to_the_portal_whatever_a_request_names(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = site(&pool, Some("https://dashboard.test"));
    let headers = [("x-forwarded-host", "evil.test"), ("forwarded", "host=evil.test"), ("content-type", crate::common::FORM)];
    let ask = async |host: &str, path: &str| {
        site.post_body(path, &[&[("host", host)], &headers[..1], &headers[2..]].concat(), "email_address=ana@myapp.com").await.status
    };
    assert_eq!(ask("evil.test", "/forgot-password").await, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(ask("evil.test", "/portal/my-app/forgot-password").await, StatusCode::MISDIRECTED_REQUEST);
    assert!(outbox(&pool).await.is_empty());
    let mut pages = Vec::new();
    for (host, path) in [
        (HOST, "/forgot-password?redirect_url=https://evil.test/&email_address=eve@evil.test&x=y"),
        ("dashboard.test", "/portal/my-app/forgot-password"),
    ] {
        let mut browser = Browser::at(&site, if host == HOST { HOST } else { "dashboard.test" });
        browser.post(path, &[("email_address", "ana@myapp.com")]).await;
        pages.extend(outbox(&pool).await.into_iter().map(|mail| mail.page));
    }
    assert_eq!(
        pages,
        [
            "https://accounts.myapp.com/reset-password?redirect_url=https%3A%2F%2Fevil.test%2F",
            "https://dashboard.test/portal/my-app/reset-password"
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_code_counts_in_its_instance_for_an_hour_and_until_the_password_changes(pool: PgPool) {
    let mut ana = browser(&pool).await;
    ana.sign_up("", "ana@myapp.com").await;
    store_other(&pool).await;
    let ask = async || {
        let mut other = Browser::at(&ana.site, HOST);
        other.post("/forgot-password", &[("email_address", "ana@myapp.com")]).await;
        link(&mail(&pool).await)
    };
    let (first, second) = (ask().await, ask().await);
    let mut elsewhere = Browser::at(&ana.site, "accounts.other.com");
    assert_page(&elsewhere.get(&first).await, StatusCode::GONE);
    // Each of two mails that arrive works, and using one ends the other.
    let mut other = Browser::at(&ana.site, HOST);
    assert_page(&other.get(&first).await, StatusCode::OK);
    let page = other.get(&second).await;
    assert_leads(&other.send_form(&page, &[("new", OTHER)]).await, "https://myapp.com/");
    assert_page(&other.get(&first).await, StatusCode::GONE);
    outbox(&pool).await;
    let third = ask().await;
    other.post("/user/password", &[("current", OTHER), ("new", PASSWORD)]).await;
    assert_page(&other.get(&third).await, StatusCode::GONE);
    outbox(&pool).await;
    sqlx::query("delete from rate_limits").execute(&pool).await.unwrap();
    let mut fresh = Browser::at(&site(&pool, None), HOST);
    fresh.post("/forgot-password", &[("email_address", "ana@myapp.com")]).await;
    let fourth = link(&mail(&pool).await);
    sqlx::query("update visitor_codes set expires_at = now()").execute(&pool).await.unwrap();
    assert_page(&fresh.get(&fourth).await, StatusCode::GONE);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_without_mail_says_so_and_offers_nothing(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    assert_eq!(href(browser.get("/sign-in").await.text(), "Forgot your password?"), None);
    for page in [browser.get("/forgot-password").await, browser.post("/forgot-password", &[("email_address", "ana@myapp.com")]).await] {
        assert_page(&page, StatusCode::OK);
        assert!(text(page.text()).contains("This site sends no mail"), "{}", text(page.text()));
    }
    assert!(outbox(&pool).await.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_closed_instance_and_a_deleted_account_get_no_mail(pool: PgPool) {
    let mut ana = browser(&pool).await;
    ana.sign_up("", "ana@myapp.com").await;
    let mut other = Browser::at(&ana.site, HOST);
    other.post("/forgot-password", &[("email_address", "ana@myapp.com")]).await;
    sqlx::query("update instances set portal_enabled = false").execute(&pool).await.unwrap();
    let due = outbox(&pool).await;
    assert!(content(&pool, &due[0]).await.unwrap().is_none());
    sqlx::query("update instances set portal_enabled = true").execute(&pool).await.unwrap();
    other.post("/forgot-password", &[("email_address", "ana@myapp.com")]).await;
    ana.post("/user/delete", &[("password", PASSWORD)]).await;
    assert!(outbox(&pool).await.is_empty(), "it goes with the account");
}
