//! `/check-mail`: where an instance requires a confirmed address, a sign-up or sign-in goes on with the code of a mail.

use app::{
    admins::Role,
    instances::store::find,
    mail::{MailKind, content},
    redirects::Environment,
};
use axum::http::StatusCode;
use sqlx::PgPool;

use super::{
    Browser, HOST, PASSWORD, assert_leads, assert_page,
    forgot_password::{browser, code, is_verified, link, mail, outbox, site},
    heading, store_other,
};
use crate::{
    common::{Site, member, store_my_app},
    html::{is_invalid, text, value},
};

const SETTINGS: &str = "/instances/my-app/sign-in";

async fn require(pool: &PgPool, is_required: bool) {
    sqlx::query("update instances set requires_confirmed_email = $1, version = version + 1").bind(is_required).execute(pool).await.unwrap();
}

/// A browser at a server that sends mail, and an instance that requires a confirmed address.
async fn strict(pool: &PgPool) -> Browser {
    let browser = browser(pool).await;
    require(pool, true).await;
    browser
}

async fn count(pool: &PgPool, table: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_up_ends_where_its_link_leads_once_the_code_is_typed(pool: PgPool) {
    let mut ana = strict(&pool).await;
    let page = ana.get("/sign-up").await;
    assert!(text(page.text()).contains("You get a mail with a code to confirm it."));
    let none = ana.send_form(&page, &[("username", "ana"), ("password", PASSWORD)]).await;
    assert_page(&none, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_invalid(none.text(), "email_address") && value(none.text(), "username") == "ana");
    let signed_up = ana.sign_up("?redirect_url=https://app.myapp.com/x&sign_up_fallback_redirect_url=/y", "ana@myapp.com").await;
    assert_leads(&signed_up, "/check-mail");
    assert_eq!((count(&pool, "visitors").await, count(&pool, "visitor_sessions").await), (0, 0));
    let page = ana.get("/check-mail").await;
    assert_page(&page, StatusCode::OK);
    assert_eq!(heading(&page), "Check your mail");
    assert!(text(page.text()).contains("A mail to ana@myapp.com is on its way."), "{}", text(page.text()));
    assert_leads(&ana.get("/user").await, "/sign-in?then=user");
    let typed = code(&mail(&pool).await);
    let wrong = ana.send_form(&page, &[("code", "0000-0000-0000-0000")]).await;
    assert_page(&wrong, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_invalid(wrong.text(), "code") && value(wrong.text(), "code") == "0000-0000-0000-0000");
    let done = ana.send_form(&wrong, &[("code", &format!(" {} ", typed.to_uppercase().replace('-', " ")))]).await;
    assert_leads(&done, "https://app.myapp.com/x");
    assert!(is_verified(&pool).await);
    assert_page(&ana.get("/user").await, StatusCode::OK);
    // The code was used, and nothing waits in this browser any more.
    assert_page(&ana.post("/check-mail", &[("code", &typed)]).await, StatusCode::GONE);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_mails_link_acts_in_its_own_browser_only_and_only_when_a_button_is_pressed(pool: PgPool) {
    let mut ana = strict(&pool).await;
    ana.sign_up("?redirect_url=/x&then=user", "ana@myapp.com").await;
    let link = link(&mail(&pool).await);
    assert!(link.starts_with("/check-mail?code="), "the visitor's link is not in the mail: {link}");
    let typed = link.split_once("code=").unwrap().1.to_owned();
    let mut scanner = Browser::at(&ana.site, HOST);
    let page = scanner.get(&link).await;
    assert_page(&page, StatusCode::OK);
    let said = text(page.text());
    assert!(said.contains("Go back to that browser and enter this code there:") && said.contains(&typed), "{said}");
    assert!(!page.text().contains("<form"), "there is nothing to press");
    assert_page(&scanner.post("/check-mail", &[("code", &typed)]).await, StatusCode::GONE);
    // Somebody else who signs up meanwhile can't use it either.
    let mut ben = Browser::at(&ana.site, HOST);
    ben.sign_up("", "ben@myapp.com").await;
    outbox(&pool).await;
    let page = ben.get(&link).await;
    assert_page(&ben.send_form(&page, &[]).await, StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..2 {
        assert_page(&ana.get(&link).await, StatusCode::OK);
    }
    assert_eq!(count(&pool, "visitors").await, 0, "opening it changes nothing");
    let page = ana.get(&link).await;
    assert_leads(&ana.send_form(&page, &[]).await, "/user?redirect_url=%2Fx");
    // A text that is no code is not shown.
    let page = scanner.get("/check-mail?code=call+0900-evil").await;
    assert!(!page.text().contains("0900"), "{}", page.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_answer_and_what_is_stored_are_the_same_whether_or_not_there_is_an_account(pool: PgPool) {
    let mut owner = browser(&pool).await;
    owner.sign_up("", "ana@myapp.com").await;
    require(&pool, true).await;
    let site = site(&pool, None);
    let mut seen = Vec::new();
    // With the password of the account, too: nothing is tried here.
    for email in ["ana@myapp.com", "ben@myapp.com"] {
        let mut stranger = Browser::at(&site, HOST);
        let (rows, mails) = (count(&pool, "pending_confirmations").await, count(&pool, "mails").await);
        let answer = stranger.sign_up("?redirect_url=/x", email).await;
        let added = (count(&pool, "pending_confirmations").await - rows, count(&pool, "mails").await - mails);
        let page = stranger.get("/check-mail").await;
        let again = stranger.post("/check-mail", &[("again", "on")]).await;
        let cookie = answer.header("set-cookie").split_once('=').unwrap().0.to_owned();
        let shown = page.text().replace(email, "…");
        let shown = shown.split_once("<body").unwrap().1.to_owned();
        seen.push((answer.status, answer.header("location").to_owned(), cookie, shown, added, again.header("location").to_owned()));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].4, (1, 1));
    assert_eq!(count(&pool, "visitor_sessions").await, 1, "that of before");
    let mut said = Vec::new();
    for mail in outbox(&pool).await {
        assert_eq!(mail.kind, Some(MailKind::PendingConfirmation));
        said.push((mail.recipient.clone(), content(&pool, &mail).await.unwrap().unwrap().subject));
    }
    said.sort();
    said.dedup();
    let expected = [("ana@myapp.com", "You already have an account at MyApp"), ("ben@myapp.com", "Confirm your email address for MyApp")];
    assert_eq!(said, expected.map(|(recipient, subject)| (recipient.to_owned(), subject.to_owned())));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_in_to_an_unconfirmed_account_waits_and_sessions_of_before_stay(pool: PgPool) {
    let mut before = browser(&pool).await;
    before.sign_up("", "ana@myapp.com").await;
    require(&pool, true).await;
    let site = site(&pool, None);
    before.site = site.clone();
    assert_page(&before.get("/user").await, StatusCode::OK);
    let mut ana = Browser::at(&site, HOST);
    let sign_in = [("identifier", "ana@myapp.com"), ("password", PASSWORD)];
    assert_leads(&ana.post("/sign-in?redirect_url=/x", &sign_in).await, "/check-mail");
    assert_leads(&ana.get("/user").await, "/sign-in?then=user");
    let page = ana.get(&link(&mail(&pool).await)).await;
    assert_leads(&ana.send_form(&page, &[]).await, "https://myapp.com/x");
    assert!(is_verified(&pool).await);
    let mut again = Browser::at(&site, HOST);
    assert_leads(&again.post("/sign-in?redirect_url=/x", &sign_in).await, "https://myapp.com/x");
}

#[sqlx::test(migrations = "../migrations")]
async fn one_address_gets_three_mails_of_a_thousand_sign_ups(pool: PgPool) {
    let browser = strict(&pool).await;
    let form = [("email_address", "ana@myapp.com"), ("first_name", "Ana"), ("password", PASSWORD)];
    let mut sent = 0;
    for _ in 0..1_000 {
        let answer = Browser::at(&browser.site, HOST).post("/sign-up", &form).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!((value(answer.text(), "email_address").as_str(), value(answer.text(), "first_name").as_str()), (form[0].1, "Ana"));
        } else {
            assert_leads(&answer, "/check-mail");
            sent += 1;
        }
    }
    assert_eq!((sent, count(&pool, "pending_confirmations").await, outbox(&pool).await.len()), (3, 3, 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn another_mail_counts_for_its_address_and_for_nobody_elses(pool: PgPool) {
    let mut browser = strict(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let again = async |browser: &mut Browser| browser.post("/check-mail", &[("again", "on")]).await;
    for _ in 0..2 {
        assert_leads(&again(&mut browser).await, "/check-mail?done=sent");
    }
    assert_page(&again(&mut browser).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(outbox(&pool).await.len(), 3);
    assert_leads(&browser.sign_up("", "ben@myapp.com").await, "/check-mail");
    assert_eq!((count(&pool, "pending_confirmations").await, outbox(&pool).await.len()), (1, 1), "in the place of the earlier one");
}

#[sqlx::test(migrations = "../migrations")]
async fn wrong_codes_are_limited(pool: PgPool) {
    let mut browser = strict(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let mut statuses = Vec::new();
    for _ in 0..70 {
        statuses.push(browser.post("/check-mail", &[("code", "0000-0000-0000-0000")]).await.status);
    }
    assert_eq!(statuses[0], StatusCode::UNPROCESSABLE_ENTITY);
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_setting_may_change_while_somebody_waits(pool: PgPool) {
    let mut ana = strict(&pool).await;
    ana.sign_up("?redirect_url=/x", "ana@myapp.com").await;
    let typed = code(&mail(&pool).await);
    // A form that was loaded before it was switched on.
    let mut ben = Browser::at(&ana.site, HOST);
    let posted = ben.post("/sign-up", &[("username", "ben"), ("password", PASSWORD)]).await;
    assert!(is_invalid(posted.text(), "email_address") && value(posted.text(), "username") == "ben");
    require(&pool, false).await;
    ana.site = site(&pool, None);
    assert_leads(&ana.post("/check-mail", &[("code", &typed)]).await, "https://myapp.com/x");
    assert!(is_verified(&pool).await);
    // Another instance does not require it, nor know the code.
    store_other(&pool).await;
    let mut other = Browser::at(&ana.site, "accounts.other.com");
    assert_leads(&other.sign_up("", "ana@myapp.com").await, "https://other.com/");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_server_that_is_down_keeps_the_visitor_waiting_and_out(pool: PgPool) {
    let mut ana = strict(&pool).await;
    assert_leads(&ana.sign_up("", "ana@myapp.com").await, "/check-mail");
    let due = app::mail::store::claim(&pool, 10).await.unwrap();
    assert!(!app::mail::store::put_off(&pool, due[0].id, "down", std::time::Duration::from_secs(15)).await.unwrap());
    assert_leads(&ana.get("/user").await, "/sign-in?then=user");
    // Another mail is sent when it is up again; the first one too.
    assert_leads(&ana.post("/check-mail", &[("again", "on")]).await, "/check-mail?done=sent");
    sqlx::query("update mails set due_at = now()").execute(&pool).await.unwrap();
    let mut codes = Vec::new();
    for mail in outbox(&pool).await {
        codes.push(code(&content(&pool, &mail).await.unwrap().unwrap().plain));
    }
    assert_eq!(codes.len(), 2);
    assert_leads(&ana.post("/check-mail", &[("code", &codes[0])]).await, "https://myapp.com/");
}

#[sqlx::test(migrations = "../migrations")]
async fn without_mail_nobody_signs_up_or_comes_in_unconfirmed(pool: PgPool) {
    let mut first = browser(&pool).await;
    first.sign_up("", "ana@myapp.com").await;
    require(&pool, true).await;
    let mut browser = Browser::at(&Site::anonymous(&pool), HOST);
    let page = browser.get("/sign-up").await;
    assert_page(&page, StatusCode::OK);
    assert!(text(page.text()).contains("You can't sign up with a password right now") && !page.text().contains("<form"));
    let posted = browser.post("/sign-up", &[("email_address", "ben@myapp.com"), ("password", PASSWORD)]).await;
    assert_page(&posted, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(value(posted.text(), "email_address"), "ben@myapp.com");
    let sign_in = browser.post("/sign-in", &[("identifier", "ana@myapp.com"), ("password", PASSWORD)]).await;
    assert_page(&sign_in, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(sign_in.text()).contains("can't send mail right now"), "{}", text(sign_in.text()));
    assert_eq!((count(&pool, "pending_confirmations").await, count(&pool, "mails").await), (0, 0));
    assert_eq!((count(&pool, "visitors").await, count(&pool, "visitor_sessions").await), (1, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_switch_it_on_the_sign_in_page_where_the_server_sends_mail(pool: PgPool) {
    let without = Site::new(&pool).await;
    store_my_app(&pool, Environment::Production).await;
    let page = without.get(SETTINGS).await;
    assert!(text(page.text()).contains("This server sends no mail, so nobody could confirm an address."), "{}", text(page.text()));
    let refused = without.post(SETTINGS, &[("action", "require_confirmed_email")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(refused.text()).contains("Not switched on"));
    let owner = app::fixtures::owner(&pool).await;
    let with = site(&pool, None).signed_in(&pool, owner.admin.unwrap()).await;
    let saved = with.post(SETTINGS, &[("action", "require_confirmed_email")]).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/sign-in?confirmation-on"));
    assert!(find(&pool, "my-app").await.unwrap().unwrap().requires_confirmed_email);
    assert!(text(with.get("/instances/my-app/history").await.text()).contains("Confirmed email address required"));
    assert!(text(without.get(SETTINGS).await.text()).contains("Nobody can sign up with a password now"));
    let editor = member(&pool, "ben@myapp.com", "my-app", Role::Editor).await;
    let editor = site(&pool, None).signed_in(&pool, editor.admin.unwrap()).await;
    let page = editor.get(SETTINGS).await;
    assert!(text(page.text()).contains("Required") && !page.text().contains("no_confirmed_email"));
    assert_eq!(editor.post(SETTINGS, &[("action", "no_confirmed_email")]).await.status, StatusCode::FORBIDDEN);
    let saved = with.post(SETTINGS, &[("action", "no_confirmed_email")]).await;
    assert_eq!(saved.header("location"), "/instances/my-app/sign-in?confirmation-off");
    assert!(!find(&pool, "my-app").await.unwrap().unwrap().requires_confirmed_email);
}
