//! One-time links: to set up, to accept an invitation, to choose a new password.

use app::{
    admins::{
        Role,
        store::links::{Invitation, Purpose},
    },
    history::Actor,
};
use axum::http::StatusCode;
use sqlx::PgPool;

use super::{OTHER, PASSWORD, assert_let_in, kinds, link, link_by, set_up, sign_in, with_cookies};
use crate::{
    common::{Site, member, owner, store_my_app},
    html::{error_of, text, value},
};

#[sqlx::test(migrations = "../migrations")]
async fn the_first_admin_is_made_by_a_link_that_holds_once_and_owns_what_is_there(pool: PgPool) {
    // Stored by an earlier version, when nobody owned anything.
    sqlx::raw_sql("insert into instances (slug, name, environment, domain, domain_typed, portal_origin, home_url) values ('old', 'Old', 'production', 'old.com', 'old.com', 'https://accounts.old.com', 'https://old.com/')")
        .execute(&pool).await.unwrap();
    let site = Site::anonymous(&pool);
    let (token, second) = (link(&pool, &Purpose::Setup).await, link(&pool, &Purpose::Setup).await);
    let form = [("token", token.as_str()), ("email", " Ana@MyApp.com "), ("password", PASSWORD)];
    let page = site.get(&format!("/account/setup?token={token}")).await;
    assert_eq!(value(page.text(), "token"), token);
    let answer = site.post("/account/setup", &form).await;
    assert_let_in(&answer, "/instances");
    let ana = with_cookies(&site, &answer);
    assert!(text(ana.get("/instances").await.text()).contains("Old"));
    assert_eq!(ana.get("/instances/new").await.status, StatusCode::OK);
    assert_eq!(site.post("/account/setup", &form).await.status, StatusCode::GONE);
    assert_eq!(
        site.post("/account/setup", &[("token", &second), ("email", "eve@evil.com"), ("password", PASSWORD)]).await.status,
        StatusCode::GONE
    );
    assert_eq!(kinds(&pool).await, ["account_created", "joined", "signed_in"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_setup_links_at_once_make_one_admin(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let tokens = [link(&pool, &Purpose::Setup).await, link(&pool, &Purpose::Setup).await];
    let post = |token: String, email: &'static str| {
        let site = site.clone();
        async move { site.post("/account/setup", &[("token", &token), ("email", email), ("password", PASSWORD)]).await.status }
    };
    let [left, right] = tokens;
    let answers = tokio::join!(post(left, "ana@myapp.com"), post(right, "ben@myapp.com"));
    assert!([(StatusCode::SEE_OTHER, StatusCode::GONE), (StatusCode::GONE, StatusCode::SEE_OTHER)].contains(&answers), "{answers:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_wrong_with_a_new_account_is_said_beside_its_field(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let token = link(&pool, &Purpose::Setup).await;
    let long = "x7".repeat(5_000);
    for (password, error) in [
        ("", "Choose a password."),
        ("short", "That is too short: 12 characters at least."),
        ("password1234", "That is guessed too easily."),
        ("ana@myapp.com", "That is guessed too easily."),
        (&long, "That is too long: 1,024 bytes at most."),
    ] {
        let answer = site.post("/account/setup", &[("token", &token), ("email", "ana@myapp.com"), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{error}");
        assert!(error_of(answer.text(), "password").unwrap().starts_with(error), "{error}");
        assert_eq!((value(answer.text(), "email").as_str(), value(answer.text(), "password").as_str()), ("ana@myapp.com", ""));
    }
    let answer = site.post("/account/setup", &[("token", &token), ("email", "\"><script>"), ("password", "")]).await;
    assert!(error_of(answer.text(), "email").is_some() && error_of(answer.text(), "password").is_some());
    assert_eq!(value(answer.text(), "email"), "\"><script>");
    // The link holds on, and letters of any script are good.
    assert_let_in(&site.post("/account/setup", &[("token", &token), ("email", "ana@myapp.com"), ("password", OTHER)]).await, "/instances");
    assert_let_in(&sign_in(&site, "ana@myapp.com", OTHER).await, "/instances");
}

#[sqlx::test(migrations = "../migrations")]
async fn links_that_are_used_too_old_or_made_up_say_so(pool: PgPool) {
    let site = Site::anonymous(&pool);
    set_up(&pool, &site).await;
    let invite = Invitation { email: "ben@myapp.com".parse().unwrap(), membership: None, server_admin: false, owner_of_all: false };
    let old = link(&pool, &Purpose::Reset("ana@myapp.com".parse().unwrap())).await;
    sqlx::raw_sql("update admin_links set expires_at = now() - interval '1 second'").execute(&pool).await.unwrap();
    let used = link(&pool, &Purpose::Invite(invite)).await;
    assert_let_in(
        &site.post("/account/invitation", &[("token", &used), ("email", "ben@myapp.com"), ("password", PASSWORD)]).await,
        "/instances",
    );
    for token in [old.as_str(), &used, &"0".repeat(64), "", "x", "\0", "\"><script>"] {
        for page in ["/account/setup", "/account/invitation", "/account/reset"] {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish();
            let read = site.get(&format!("{page}?{query}")).await;
            assert_eq!(read.status, StatusCode::GONE, "{page} {token}");
            assert!(text(read.text()).contains("This link is no longer valid"), "{page} {token}");
            let posted = site.post(page, &[("token", token), ("email", "eve@evil.com"), ("password", OTHER)]).await;
            assert_eq!(posted.status, StatusCode::GONE, "{page} {token}");
        }
    }
    assert_let_in(&sign_in(&site, "ana@myapp.com", PASSWORD).await, "/instances");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_makes_a_member_with_an_account_or_without(pool: PgPool) {
    store_my_app(&pool, app::redirects::Environment::Production).await;
    let site = Site::anonymous(&pool);
    let instance: i64 = sqlx::query_scalar("select id from instances").fetch_one(&pool).await.unwrap();
    let invite = |role| {
        Purpose::Invite(Invitation {
            email: "ben@myapp.com".parse().unwrap(),
            membership: Some((instance, role)),
            server_admin: false,
            owner_of_all: false,
        })
    };
    let maker = owner(&pool).await;
    let token = link_by(&pool, &invite(Role::Viewer), &maker).await;
    let page = site.get(&format!("/account/invitation?token={token}")).await;
    assert!(text(page.text()).contains("owner@myapp.com invites ben@myapp.com to MyApp, as viewer."));
    // Another address in the form changes nothing: the link says whom it is for.
    let answer = site.post("/account/invitation", &[("token", &token), ("email", "eve@evil.com"), ("password", PASSWORD)]).await;
    assert_let_in(&answer, "/instances");
    let ben = with_cookies(&site, &answer);
    assert_eq!(ben.get("/instances/my-app/redirects").await.status, StatusCode::OK);
    assert_eq!(ben.post("/instances/my-app/redirects", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ben.get("/instances/new").await.status, StatusCode::FORBIDDEN);

    sqlx::raw_sql("delete from members where role = 'viewer'").execute(&pool).await.unwrap();
    let token = link_by(&pool, &invite(Role::Editor), &maker).await;
    let wrong = site.post("/account/invitation", &[("token", &token), ("email", ""), ("password", OTHER)]).await;
    assert_eq!(error_of(wrong.text(), "password").as_deref(), Some("That is not this account's password."));
    assert_eq!(ben.get("/instances/my-app/redirects").await.status, StatusCode::NOT_FOUND);
    assert_let_in(&site.post("/account/invitation", &[("token", &token), ("email", ""), ("password", PASSWORD)]).await, "/instances");
    assert_eq!(ben.post("/instances/my-app/redirects", &[]).await.status, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reset_changes_the_password_and_ends_every_session(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let before = with_cookies(&site, &set_up(&pool, &site).await);
    let token = link(&pool, &Purpose::Reset("ana@myapp.com".parse().unwrap())).await;
    let other = link(&pool, &Purpose::Reset("ana@myapp.com".parse().unwrap())).await;
    let weak = site.post("/account/reset", &[("token", &token), ("email", ""), ("password", "short")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = site.post("/account/reset", &[("token", &token), ("email", ""), ("password", OTHER)]).await;
    assert_let_in(&answer, "/instances");
    assert_eq!(before.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get(&format!("/account/reset?token={other}")).await.status, StatusCode::GONE);
    assert_eq!(with_cookies(&site, &answer).get("/account").await.status, StatusCode::OK);
    assert_eq!(sign_in(&site, "ana@myapp.com", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_let_in(&sign_in(&site, "ana@myapp.com", OTHER).await, "/instances");
}

/// The token of an invitation as owner of `my-app`, which Ben has made for Eve.
async fn invitation_of_ben(pool: &PgPool) -> (Site, Actor, String) {
    store_my_app(pool, app::redirects::Environment::Production).await;
    let ben = member(pool, "ben@myapp.com", "my-app", Role::Owner).await;
    let instance: i64 = sqlx::query_scalar("select id from instances").fetch_one(pool).await.unwrap();
    let invitation = Invitation {
        email: "eve@evil.com".parse().unwrap(),
        membership: Some((instance, Role::Owner)),
        server_admin: false,
        owner_of_all: false,
    };
    let token = link_by(pool, &Purpose::Invite(invitation), &ben).await;
    (Site::new(pool).await, ben, token)
}

async fn assert_worthless(site: &Site, token: &str) {
    assert_eq!(site.get(&format!("/account/invitation?token={token}")).await.status, StatusCode::GONE);
    let followed = site.post("/account/invitation", &[("token", token), ("email", ""), ("password", PASSWORD)]).await;
    assert_eq!(followed.status, StatusCode::GONE);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_owner_who_was_demoted_removed_or_whose_instance_was_archived_leaves_no_way_in(pool: PgPool) {
    let (site, ben, token) = invitation_of_ben(&pool).await;
    let id = ben.admin.unwrap().to_string();
    let demoted = site.post("/instances/my-app/members/role", &[("member", &id), ("role", "viewer")]).await;
    assert_eq!(demoted.status, StatusCode::SEE_OTHER);
    assert_worthless(&site, &token).await;
    // Becoming an owner again does not bring it back.
    site.post("/instances/my-app/members/role", &[("member", &id), ("role", "owner")]).await;
    assert_worthless(&site, &token).await;
    assert_eq!(kinds(&pool).await.iter().filter(|kind| *kind == "invitation_withdrawn").count(), 1);
    for (path, form) in
        [("/instances/my-app/members/remove", vec![("member", id.as_str())]), ("/instances/my-app/archive", vec![("slug", "my-app")])]
    {
        let instance: i64 = sqlx::query_scalar("select id from instances").fetch_one(&pool).await.unwrap();
        let (email, membership) = ("eve@evil.com".parse().unwrap(), Some((instance, Role::Owner)));
        let maker = if path.ends_with("archive") { owner(&pool).await } else { ben.clone() };
        let purpose = Purpose::Invite(Invitation { email, membership, server_admin: false, owner_of_all: false });
        let token = link_by(&pool, &purpose, &maker).await;
        assert_eq!(site.get(&format!("/account/invitation?token={token}")).await.status, StatusCode::OK, "{path}");
        assert_eq!(site.post(path, &form).await.status, StatusCode::SEE_OTHER, "{path}");
        assert_worthless(&site, &token).await;
    }
    site.post("/instances/my-app/unarchive", &[]).await;
    let left: i64 = sqlx::query_scalar("select count(*) from admin_links").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_link_grants_is_checked_against_its_maker_when_it_is_followed(pool: PgPool) {
    let (site, ben, token) = invitation_of_ben(&pool).await;
    // As if a right was lost in a way that withdraws nothing, as before a restore of the database.
    for (lose, regain) in [
        ("update members set role = 'editor' where admin_id = $1", "update members set role = 'owner' where admin_id = $1"),
        ("update instances set archived_at = now() where $1 > 0", "update instances set archived_at = null where $1 > 0"),
    ] {
        sqlx::query(lose).bind(ben.admin).execute(&pool).await.unwrap();
        assert_worthless(&site, &token).await;
        sqlx::query(regain).bind(ben.admin).execute(&pool).await.unwrap();
        assert_eq!(site.get(&format!("/account/invitation?token={token}")).await.status, StatusCode::OK, "{lose}");
    }
    // The previous version of the server writes the maker's name only.
    sqlx::query("update admin_links set created_by_admin = null").execute(&pool).await.unwrap();
    assert_eq!(site.get(&format!("/account/invitation?token={token}")).await.status, StatusCode::OK);
    sqlx::query("update admin_links set created_by = 'gone@myapp.com'").execute(&pool).await.unwrap();
    assert_worthless(&site, &token).await;
}
