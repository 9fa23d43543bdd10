//! Invitations to organizations, by mail.

use axum::http::StatusCode;
use sqlx::PgPool;

use super::{
    Browser, HOST, assert_leads, assert_page,
    forgot_password::{browser, link, mail, outbox},
    heading,
};
use crate::html::{is_invalid, text};

#[sqlx::test(migrations = "../migrations")]
async fn a_member_invites_somebody_who_signs_up_and_joins_with_the_mails_link(pool: PgPool) {
    let mut ana = browser(&pool).await;
    ana.sign_up("?first_name=Ana&last_name=%0D%0ABcc:%20x", "ana@myapp.com").await;
    ana.post("/create-organization", &[("name", "Harbour Rowing Club")]).await;
    let id: i64 = sqlx::query_scalar("select id from organizations").fetch_one(&pool).await.unwrap();
    let id = id.to_string();
    let wrong = ana.post("/organization/invite", &[("organization", &id), ("email_address", "ben")]).await;
    assert_page(&wrong, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_invalid(wrong.text(), "email_address"));
    let invited = ana.post("/organization/invite?redirect_url=/x", &[("organization", &id), ("email_address", "ben@myapp.com")]).await;
    assert_leads(&invited, "/organization?redirect_url=%2Fx&done=invited");
    assert!(text(ana.get(invited.header("location")).await.text()).contains("A mail with the invitation is on its way."));
    let mail = mail(&pool).await;
    assert!(mail.contains("invites you to Harbour Rowing Club at MyApp."), "{mail}");
    let link = link(&mail);
    assert!(link.starts_with("/join-organization?redirect_url=%2Fx&code="), "{link}");
    let mut ben = Browser::at(&ana.site, HOST);
    let page = ben.get(&link).await;
    assert_page(&page, StatusCode::OK);
    assert!(page.text().contains("/sign-up?redirect_url=%2Fx&amp;email_address=ben%40myapp.com"), "{}", page.text());
    ben.sign_up("", "ben@myapp.com").await;
    let page = ben.get(&link).await;
    let joined = ben.send_form(&page, &[]).await;
    assert_leads(&joined, "/organization?redirect_url=%2Fx&done=joined");
    assert!(text(ben.get("/organization").await.text()).contains("Harbour Rowing Club"));
    let again = ben.get(&link).await;
    assert_page(&again, StatusCode::GONE);
    assert_eq!(heading(&again), "This invitation is no longer valid");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_ends_with_the_membership_of_who_has_made_it(pool: PgPool) {
    let mut ana = browser(&pool).await;
    ana.sign_up("", "ana@myapp.com").await;
    ana.post("/create-organization", &[("name", "Club")]).await;
    let id: i64 = sqlx::query_scalar("select id from organizations").fetch_one(&pool).await.unwrap();
    let id = id.to_string();
    // A stranger can't invite to it.
    let mut eve = Browser::at(&ana.site, HOST);
    eve.sign_up("", "eve@myapp.com").await;
    let refused = eve.post("/organization/invite", &[("organization", &id), ("email_address", "x@myapp.com")]).await;
    assert_page(&refused, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(outbox(&pool).await.is_empty());
    ana.post("/organization/invite", &[("organization", &id), ("email_address", "ben@myapp.com")]).await;
    let link = link(&mail(&pool).await);
    assert_page(&eve.get(&link).await, StatusCode::OK);
    ana.post("/organization", &[("organization", &id)]).await;
    assert_page(&eve.get(&link).await, StatusCode::GONE);
}
