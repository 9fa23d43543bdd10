//! Somebody holds a lock in the database for a long time: after two seconds the page says so, and keeps what was typed.

use app::{credentials::password::Password, redirects::Environment};
use axum::http::StatusCode;
use sqlx::{AssertSqlSafe, PgPool, PgTransaction};

use crate::{
    common::{Answer, Fields, OWNER, Site, account, fallback_form, instance_form, store_my_app, with},
    html::{text, value},
};

/// What the page says.
const SAID: &str = "The database does not answer right now. Nothing is lost; try again in a moment.";

/// Holds a lock until it is dropped.
async fn hold(pool: &PgPool, statement: &'static str) -> PgTransaction<'static> {
    let mut holder = pool.begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *holder).await.unwrap();
    holder
}

/// A dashboard behind TLS, and an owner's browser.
async fn site(pool: &PgPool) -> Site {
    store_my_app(pool, Environment::Production).await;
    let owner = account(pool, OWNER, true).await;
    let token = app::fixtures::session(pool, owner.admin.unwrap()).await;
    Site::under(pool, Some("https://dash.example")).with_cookie(format!("__Host-portal-redirects-session={}", token.secret()))
}

/// A page of that dashboard.
const HOST: [(&str, &str); 1] = [("host", "dash.example")];

async fn post(site: &Site, path: &str, form: &Fields<'_>) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    site.post_body(path, &[HOST[0], ("content-type", "application/x-www-form-urlencoded")], body).await
}

#[track_caller]
fn assert_says_so(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(answer.text()).contains(SAID), "{}", answer.text());
    assert!(answer.header("strict-transport-security").starts_with("max-age="), "{:?}", answer.headers);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_save_of_a_locked_instance_keeps_what_was_typed(pool: PgPool) {
    let site = site(&pool).await;
    let holder = hold(&pool, "select id from instances for update").await;
    let redirects = with(fallback_form("1"), "after_sign_in_url", "/in");
    let settings = with(with(instance_form(), "version", "1"), "name", "Renamed");
    for (path, form) in [("/instances/my-app/redirects", redirects), ("/instances/my-app/settings", settings)] {
        let answer = post(&site, path, &form).await;
        assert_says_so(&answer);
        for (name, typed) in &form {
            assert_eq!(value(answer.text(), name), *typed, "{path} {name}");
        }
    }
    holder.rollback().await.unwrap();
    let saved = post(&site, "/instances/my-app/redirects", &with(fallback_form("1"), "after_sign_in_url", "/in")).await;
    assert_eq!(saved.header("location"), "/instances/my-app/redirects?saved", "the connections can be used again");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_in_to_a_locked_account_keeps_the_email_address(pool: PgPool) {
    let site = site(&pool).await;
    let hash = Password::from("correct horse battery staple").hash().await.unwrap();
    sqlx::query("update admins set password_hash = $1").bind(hash).execute(&pool).await.unwrap();
    let _holder = hold(&pool, "select id from admins for update").await;
    let form = vec![("email", OWNER), ("password", "correct horse battery staple"), ("next", "/instances/my-app")];
    let answer = post(&site, "/account/sign-in", &form).await;
    assert_says_so(&answer);
    assert_eq!((value(answer.text(), "email"), value(answer.text(), "next")), (OWNER.to_owned(), "/instances/my-app".to_owned()));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_that_reads_a_locked_table_says_so_and_others_are_shown(pool: PgPool) {
    let site = site(&pool).await;
    let holder = hold(&pool, "lock table admin_links in access exclusive mode").await;
    assert_says_so(&site.get_with("/instances/my-app/members", &HOST).await);
    assert_eq!(site.get_with("/instances", &HOST).await.status, StatusCode::OK);
    holder.rollback().await.unwrap();
    assert_eq!(site.get_with("/instances/my-app/members", &HOST).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_locked_session_is_no_obstacle(pool: PgPool) {
    let site = site(&pool).await;
    // Long enough ago for the page to note that the session was used again.
    sqlx::query("update admin_sessions set last_seen_at = now() - interval '5 minutes'").execute(&pool).await.unwrap();
    let _holder = hold(&pool, "select id from admin_sessions for update").await;
    assert_eq!(site.get_with("/instances/my-app/redirects", &HOST).await.status, StatusCode::OK);
}
