//! `/confirm-email`: a visitor confirms their address with the link or the code of a mail.

use axum::http::StatusCode;
use sqlx::PgPool;

use super::{
    Browser, HOST, assert_leads, assert_page,
    forgot_password::{browser, code, is_verified, link, mail, outbox},
};
use crate::html::{is_invalid, text};

#[sqlx::test(migrations = "../migrations")]
async fn the_link_confirms_the_address_in_the_visitors_own_session_only(pool: PgPool) {
    let mut ana = browser(&pool).await;
    ana.sign_up("", "ana@myapp.com").await;
    let page = ana.get("/user?redirect_url=/x").await;
    assert!(text(page.text()).contains("Your email address is not confirmed."));
    assert_leads(&ana.post("/user/confirmation?redirect_url=/x", &[]).await, "/confirm-email?redirect_url=%2Fx&done=sent");
    let link = link(&mail(&pool).await);
    assert!(link.starts_with("/confirm-email?redirect_url=%2Fx&code="), "{link}");
    // A scanner, and somebody who gets the mail of an account that a stranger has made with their address.
    let mut nobody = Browser::at(&ana.site, HOST);
    assert_leads(&nobody.get(&link).await, "/sign-in?redirect_url=%2Fx&then=user");
    let mut ben = Browser::at(&ana.site, HOST);
    ben.sign_up("", "ben@myapp.com").await;
    let page = ben.get(&link).await;
    assert_page(&ben.send_form(&page, &[]).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_page(&ana.get(&link).await, StatusCode::OK);
    let confirmed = "select count(*) from visitors where email_verified_at is not null";
    assert_eq!(sqlx::query_scalar::<_, i64>(confirmed).fetch_one(&pool).await.unwrap(), 0, "opening it changes nothing");
    let page = ana.get(&link).await;
    let done = ana.send_form(&page, &[]).await;
    assert_leads(&done, "/user?redirect_url=%2Fx&done=confirmed");
    let page = ana.get(done.header("location")).await;
    let said = text(page.text());
    assert!(said.contains("Your email address is confirmed.") && !said.contains("not confirmed"), "{said}");
    assert_eq!(sqlx::query_scalar::<_, i64>(confirmed).fetch_one(&pool).await.unwrap(), 1);
    let again = ana.post("/confirm-email", &[("code", link.split_once("code=").unwrap().1)]).await;
    assert_page(&again, StatusCode::UNPROCESSABLE_ENTITY);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_code_confirms_nothing_else_and_a_changed_password_is_told(pool: PgPool) {
    let mut ana = browser(&pool).await;
    ana.sign_up("", "ana@myapp.com").await;
    ana.post("/user/confirmation", &[]).await;
    let typed = code(&mail(&pool).await);
    // It is no code to choose a password.
    let reset = ana.post("/reset-password", &[("code", &typed), ("new", "three ducks on a pond")]).await;
    assert_page(&reset, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_invalid(reset.text(), "code"));
    let page = ana.get("/confirm-email").await;
    let wrong = ana.send_form(&page, &[("code", "x")]).await;
    assert!(is_invalid(wrong.text(), "code"));
    assert_leads(&ana.send_form(&page, &[("code", &typed)]).await, "/user?done=confirmed");
    assert!(is_verified(&pool).await);
    ana.post("/user/password", &[("current", super::PASSWORD), ("new", "three ducks on a pond")]).await;
    let told = outbox(&pool).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, Some(app::mail::MailKind::VisitorPasswordChanged));
}
