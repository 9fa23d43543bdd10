//! Invitations to organizations, by mail.

use axum::http::StatusCode;
use sqlx::PgPool;

use super::{
    Browser, HOST, PASSWORD, assert_leads, assert_page,
    forgot_password::{browser, link, mail, outbox, site},
    heading,
};
use crate::html::{href, is_invalid, text};

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
    let code = link.split_once("code=").unwrap().1;
    let sign_up = href(page.text(), "sign up").unwrap().replace("&amp;", "&");
    assert_eq!(sign_up, format!("/sign-up?redirect_url=%2Fx&email_address=ben%40myapp.com&then=invitation-{code}"));
    let page = ben.get(&sign_up).await;
    let signed_up = ben.send_form(&page, &[("password", PASSWORD)]).await;
    // The parameters of the link are carried on, and the prefill too, as on all pages.
    let back = signed_up.header("location").to_owned();
    assert_eq!(back, format!("/join-organization?redirect_url=%2Fx&email_address=ben%40myapp.com&code={code}"));
    let page = ben.get(&back).await;
    let joined = ben.send_form(&page, &[]).await;
    assert_leads(&joined, "https://myapp.com/x");
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

#[sqlx::test(migrations = "../migrations")]
async fn whoever_joins_goes_on_as_after_creating_an_organization_and_comes_back_from_signing_in(pool: PgPool) {
    let mut ana = browser(&pool).await;
    ana.sign_up("", "ana@myapp.com").await;
    ana.post("/create-organization", &[("name", "Club")]).await;
    let mut ben = Browser::at(&ana.site, HOST);
    ben.sign_up("", "ben@myapp.com").await;
    ben.post("/sign-out", &[]).await;
    let fallback = "insert into fallback_redirects (instance_id, flow, value) select id, 'create-organization', '/teams' from instances";
    sqlx::query(fallback).execute(&pool).await.unwrap();
    sqlx::query("update instances set version = version + 1").execute(&pool).await.unwrap();
    let id: i64 = sqlx::query_scalar("select id from organizations").fetch_one(&pool).await.unwrap();
    ana.post("/organization/invite", &[("organization", &id.to_string()), ("email_address", "ben@myapp.com")]).await;
    let link = link(&mail(&pool).await);
    let code = link.split_once("code=").unwrap().1.to_owned();
    // A form that was loaded before the session ended.
    let sign_in = ben.post("/join-organization", &[("code", &code)]).await;
    assert_leads(&sign_in, &format!("/sign-in?then=invitation-{code}"));
    let page = ben.get(sign_in.header("location")).await;
    let back = ben.send_form(&page, &[("identifier", "ben@myapp.com"), ("password", PASSWORD)]).await;
    assert_leads(&back, &format!("/join-organization?code={code}"));
    let page = ben.get(back.header("location")).await;
    // A server of its own reads the fallback that was stored behind the first one's back.
    ben.site = site(&pool, None);
    assert_leads(&ben.send_form(&page, &[]).await, "https://myapp.com/teams");
}
