//! The ways in and out: signing in, one's own password and sessions.

mod one_time_links;
mod second_factor;

use app::{
    admins::{
        Role,
        store::{
            accounts,
            links::{self, Invitation, Purpose},
        },
    },
    history::Actor,
};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Answer, FORM, OWNER, Site, account, member, owner, store_my_app},
    html::{error_of, text, value},
};

const PASSWORD: &str = "correct horse battery staple";
const OTHER: &str = "тёплый дождь в мае, ü";

/// A link of that purpose, which the server makes.
async fn link(pool: &PgPool, purpose: &Purpose) -> String {
    link_by(pool, purpose, &Actor::server()).await
}

/// A link of that purpose, and who makes it.
async fn link_by(pool: &PgPool, purpose: &Purpose, maker: &Actor) -> String {
    links::create(&mut pool.acquire().await.unwrap(), purpose, maker).await.unwrap().secret()
}

/// The site as a browser sees it that has kept the cookies of an answer.
fn with_cookies(site: &Site, answer: &Answer) -> Site {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
    site.with_cookie(cookies.collect::<Vec<_>>().join("; "))
}

#[track_caller]
fn assert_let_in(answer: &Answer, page: &str) {
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, page),
        "{}",
        text(&String::from_utf8_lossy(&answer.body))
    );
}

/// An account with [`PASSWORD`], made as the first admin makes theirs.
async fn set_up(pool: &PgPool, site: &Site) -> Answer {
    let token = link(pool, &Purpose::Setup).await;
    site.post("/account/setup", &[("token", &token), ("email", "ana@myapp.com"), ("password", PASSWORD)]).await
}

async fn sign_in(site: &Site, email: &str, password: &str) -> Answer {
    site.post("/account/sign-in", &[("email", email), ("password", password), ("next", "")]).await
}

async fn kinds(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("select kind from changes order by id").fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_right_password_leads_to_the_page_that_was_asked_for(pool: PgPool) {
    let site = Site::anonymous(&pool);
    set_up(&pool, &site).await;
    for (next, page) in [
        ("/instances/x/preview?link=https%3A%2F%2Fx%2F", "/instances/x/preview?link=https%3A%2F%2Fx%2F"),
        ("//evil.com/instances", "/instances"),
        ("https://evil.com/instances", "/instances"),
        ("", "/instances"),
    ] {
        let answer = site.post("/account/sign-in", &[("email", "ANA@myapp.com"), ("password", PASSWORD), ("next", next)]).await;
        assert_let_in(&answer, page);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_signed_in_is_led_on_from_the_sign_in(pool: PgPool) {
    let site = Site::new(&pool).await;
    for (query, page) in [("", "/instances"), ("?next=%2Faccount", "/account"), ("?next=//evil.com", "/instances")] {
        assert_let_in(&site.get(&format!("/account/sign-in{query}")).await, page);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_account_and_a_wrong_password_get_the_same_words(pool: PgPool) {
    let site = Site::anonymous(&pool);
    set_up(&pool, &site).await;
    let long = "ü".repeat(5_000);
    let said = |answer: &Answer| text(answer.text()).replace("ana@myapp.com", "").replace("nobody@myapp.com", "");
    let wrong = sign_in(&site, "ana@myapp.com", "wrong").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(value(wrong.text(), "email"), "ana@myapp.com");
    for (email, password) in [
        ("nobody@myapp.com", "wrong"),
        ("nobody@myapp.com", PASSWORD),
        ("ana@myapp.com", ""),
        ("ana@myapp.com", &long),
        ("", ""),
        ("correct horse battery staple", "x"),
    ] {
        let answer = sign_in(&site, email, password).await;
        assert_eq!((answer.status, said(&answer)), (wrong.status, said(&wrong)), "{email}");
        assert!(answer.headers.get("set-cookie").is_none());
    }
    // What is typed may be a password: it is not recorded.
    let who: Vec<(Option<String>, i64)> =
        sqlx::query_as("select who, attempts from failed_sign_ins order by who").fetch_all(&pool).await.unwrap();
    assert_eq!(who, [(Some("ana@myapp.com".to_owned()), 3), (None, 4)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_hundred_wrong_passwords_hold_up_the_guesser_and_nobody_else(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let ana = with_cookies(&site, &set_up(&pool, &site).await);
    let token = link(
        &pool,
        &Purpose::Invite(Invitation {
            email: "ben@myapp.com".parse().unwrap(),
            membership: None,
            server_admin: false,
            owner_of_all: false,
        }),
    )
    .await;
    assert_let_in(
        &site.post("/account/invitation", &[("token", &token), ("email", "ben@myapp.com"), ("password", PASSWORD)]).await,
        "/instances",
    );
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..100 {
        let site = site.clone();
        tries.spawn(async move { sign_in(&site, "ana@myapp.com", &format!("wrong {n}")).await });
    }
    let answers = tries.join_all().await;
    let held_up: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).collect();
    assert_eq!((answers.len(), held_up.len()), (100, 92));
    assert!(text(held_up[0].text()).contains("Too many attempts"));
    assert!(held_up[0].header("retry-after").parse::<u64>().unwrap() <= 31);
    // The right password is held up as well from an unknown browser; from her own it is not, and others get in from anywhere.
    assert_eq!(sign_in(&site, "ana@myapp.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_let_in(&sign_in(&ana, "ana@myapp.com", PASSWORD).await, "/instances");
    assert_let_in(&sign_in(&site, "ben@myapp.com", PASSWORD).await, "/instances");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_made_up_link_holds_nobodys_sign_in_up(pool: PgPool) {
    let site = Site::anonymous(&pool);
    set_up(&pool, &site).await;
    for token in ["ana@myapp.com", "session 1", &"0".repeat(64)] {
        for _ in 0..12 {
            let answer = site.post("/account/invitation", &[("token", token), ("email", ""), ("password", "x")]).await;
            assert_eq!(answer.status, StatusCode::GONE, "{token}");
        }
    }
    assert_let_in(&sign_in(&site, "ana@myapp.com", PASSWORD).await, "/instances");
}

#[sqlx::test(migrations = "../migrations")]
async fn signing_in_takes_the_place_of_the_session_that_the_browser_had(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let first = with_cookies(&site, &set_up(&pool, &site).await);
    let answer = sign_in(&first, "ana@myapp.com", PASSWORD).await;
    assert_eq!(first.get("/instances").await.status, StatusCode::SEE_OTHER);
    assert_eq!(with_cookies(&site, &answer).get("/instances").await.status, StatusCode::OK);
    let tokens: Vec<Vec<u8>> = sqlx::query_scalar("select token_hash from admin_sessions").fetch_all(&pool).await.unwrap();
    assert_eq!(tokens.len(), 1);
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Path=/"), "{cookie}");
    assert!(!tokens[0].iter().map(|byte| format!("{byte:02x}")).any(|hash| cookie.contains(&hash.repeat(32))));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_ends_by_itself_by_hand_and_with_its_account(pool: PgPool) {
    store_my_app(&pool, app::redirects::Environment::Production).await;
    let site = Site::anonymous(&pool);
    let ana = member(&pool, "ana@myapp.com", "my-app", Role::Editor).await.admin.unwrap();
    for ending in [
        "update admin_sessions set last_seen_at = now() - interval '25 hours'",
        "update admin_sessions set created_at = now() - interval '15 days'",
        "delete from admin_sessions",
        "delete from admins where email = 'ana@myapp.com'",
    ] {
        let browser = site.signed_in(&pool, ana).await;
        assert_eq!(browser.get("/instances/my-app/redirects").await.status, StatusCode::OK, "{ending}");
        sqlx::raw_sql(ending).execute(&pool).await.unwrap();
        assert_eq!(browser.get("/instances/my-app/redirects").await.status, StatusCode::SEE_OTHER, "{ending}");
        assert_eq!(browser.post("/instances/my-app/redirects", &[]).await.status, StatusCode::UNAUTHORIZED, "{ending}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn made_up_cookies_are_nobody(pool: PgPool) {
    store_my_app(&pool, app::redirects::Environment::Production).await;
    let site = Site::anonymous(&pool);
    for cookie in [
        "portal-redirects-session=",
        "portal-redirects-session=x",
        "portal-redirects-session=%00",
        "=",
        ";;;",
        "portal-redirects-session",
        "\u{e9}=x",
    ] {
        assert_eq!(site.with_cookie(cookie.to_owned()).get("/instances").await.status, StatusCode::SEE_OTHER, "{cookie}");
    }
    let made_up = format!("portal-redirects-session={}", "0f".repeat(32));
    assert_eq!(site.with_cookie(made_up).get("/instances").await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_password_ends_the_other_sessions(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let here = with_cookies(&site, &set_up(&pool, &site).await);
    let there = with_cookies(&site, &sign_in(&site, "ana@myapp.com", PASSWORD).await);
    for (current, new, field) in [("wrong", OTHER, "current"), (PASSWORD, "short", "new"), ("", "", "current")] {
        let answer = here.post("/account", &[("current", current), ("new", new)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(error_of(answer.text(), field).is_some(), "{field}");
    }
    let answer = here.post("/account", &[("current", PASSWORD), ("new", OTHER)]).await;
    assert_let_in(&answer, "/account?saved");
    let now = with_cookies(&site, &answer);
    assert_eq!((now.get("/account").await.status, there.get("/account").await.status), (StatusCode::OK, StatusCode::SEE_OTHER));
    // Whoever has copied the cookies from before has nothing.
    assert_eq!(here.get("/account").await.status, StatusCode::SEE_OTHER);
    let devices: i64 = sqlx::query_scalar("select count(*) from admin_devices").fetch_one(&pool).await.unwrap();
    assert_eq!(devices, 1);
    assert_let_in(&sign_in(&site, "ana@myapp.com", OTHER).await, "/instances");
}

#[sqlx::test(migrations = "../migrations")]
async fn one_ends_ones_own_sessions_and_nobody_elses(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let (ana, ben) = (owner(&pool).await.admin.unwrap(), account(&pool, "ben@myapp.com", false).await.admin.unwrap());
    let (here, there, other) = (site.signed_in(&pool, ana).await, site.signed_in(&pool, ana).await, site.signed_in(&pool, ben).await);
    let ids: Vec<i64> = sqlx::query_scalar("select id from admin_sessions order by id").fetch_all(&pool).await.unwrap();
    let end = |id: i64| {
        let here = here.clone();
        async move { here.post("/account/sessions", &[("session", &id.to_string())]).await }
    };
    assert_eq!(end(ids[2]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(end(-1).await.status, StatusCode::NOT_FOUND);
    assert_let_in(&end(ids[1]).await, "/account?ended");
    assert_eq!((there.get("/account").await.status, other.get("/account").await.status), (StatusCode::SEE_OTHER, StatusCode::OK));
    let out = here.post("/account/sign-out", &[]).await;
    assert_let_in(&out, "/account/sign-in");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(here.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(kinds(&pool).await, ["session_ended", "signed_out"]);
    assert!(accounts::find(&pool, &OWNER.parse().unwrap()).await.unwrap().is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn no_more_is_kept_for_strangers_than_a_page_has(pool: PgPool) {
    let site = Site::anonymous(&pool);
    for body in ["a&".repeat(201), format!("a={}", "x".repeat(300_000))] {
        let answer = site.post_body("/instances/x/redirects", &[("content-type", FORM)], body).await;
        assert_eq!((answer.status, answer.text().matches("type=\"hidden\"").count()), (StatusCode::UNAUTHORIZED, 0));
        assert!(answer.body.len() < 20_000);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_typed_is_kept_when_the_session_has_ended(pool: PgPool) {
    store_my_app(&pool, app::redirects::Environment::Production).await;
    let site = Site::new(&pool).await;
    let page = site.get("/instances/my-app/redirects").await;
    sqlx::raw_sql("delete from admin_sessions").execute(&pool).await.unwrap();
    let answer = site.edit(&page, "/instances/my-app/redirects", &[("after_sign_in_url", "/typed")]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(value(answer.text(), "after_sign_in_url"), "/typed");
    assert!(text(answer.text()).contains("Sign in, in a new tab"));
    let again = Site::new(&pool).await.edit(&answer, "/instances/my-app/redirects", &[]).await;
    assert_let_in(&again, "/instances/my-app/redirects?saved");
}
