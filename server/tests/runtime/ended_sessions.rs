//! A visitor who was found signed in goes on without another query, until their session ends: here, elsewhere, or unheard of.

use app::{credentials::token::Token, instances::store};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    process::{Process, by_notification, create, options, until},
    proxy::{Mode, Proxy},
};

const HOST: &str = "accounts.app.com";

/// A visitor with a session, and the cookie of their browser.
struct Visitor {
    id: i64,
    session: i64,
    cookie: String,
}

/// Stores a visitor of the instance with a session.
async fn sign_in(pool: &PgPool, name: &str) -> Visitor {
    let instance = store::find(pool, "app").await.unwrap().unwrap().id;
    let token = Token::new().unwrap();
    let visitor = "insert into visitors (instance_id, username, password_hash) values ($1, $2, '$argon2id$none') returning id";
    let id = sqlx::query_scalar(visitor).bind(instance).bind(name).fetch_one(pool).await.unwrap();
    let session = "insert into visitor_sessions (visitor_id, token_hash) values ($1, $2) returning id";
    let session = sqlx::query_scalar(session).bind(id).bind(&token.hash()[..]).fetch_one(pool).await.unwrap();
    Visitor { id, session, cookie: format!("__Host-portal-redirects-visitor-{instance}={}", token.secret()) }
}

/// Whether the sign-in page leads that visitor on.
async fn is_led_on(process: &Process, visitor: &Visitor) -> bool {
    process.ask_with(HOST, "/sign-in", &visitor.cookie).await.status() == StatusCode::SEE_OTHER
}

/// Whether it does so without a query.
async fn is_remembered(process: &Process, proxy: &Proxy, visitor: &Visitor) -> bool {
    let asked = proxy.asked();
    is_led_on(process, visitor).await && proxy.asked() == asked
}

#[sqlx::test(migrations = "../migrations")]
async fn a_visitor_is_remembered_until_their_session_ends_anywhere(pool: PgPool) {
    create(&pool, "app").await;
    let proxy = Proxy::to(&options(&pool)).await;
    let process = Process::start(proxy.options(&options(&pool)), by_notification()).await;
    let other = sign_in(&pool, "other").await;
    for (n, end) in [
        "delete from visitor_sessions where id = $1",
        "delete from visitors where id = (select visitor_id from visitor_sessions where id = $1)",
        "update visitor_sessions set token_hash = sha256('another') where id = $1",
        // So many that a notification can't name them.
        "with them as (select visitor_id from visitor_sessions where id = $1)
            delete from visitor_sessions where visitor_id = (select visitor_id from them)",
    ]
    .into_iter()
    .enumerate()
    {
        let visitor = sign_in(&pool, &format!("ana-{n}")).await;
        let more =
            "insert into visitor_sessions (visitor_id, token_hash) select $1, sha256(n::text::bytea) from generate_series(1, 2000) n";
        if n == 3 {
            sqlx::query(more).bind(visitor.id).execute(&pool).await.unwrap();
        }
        until(async || is_remembered(&process, &proxy, &visitor).await && is_remembered(&process, &proxy, &other).await).await;
        sqlx::query(end).bind(visitor.session).execute(&pool).await.unwrap();
        until(async || !is_led_on(&process, &visitor).await).await;
        assert!(is_led_on(&process, &other).await, "{end}");
    }
    proxy.set(Mode::Cut);
    until(async || !process.snapshots.status().connected).await;
    assert!(is_led_on(&process, &other).await, "the database does not answer");
}

#[sqlx::test(migrations = "../migrations")]
async fn where_no_end_is_heard_of_the_database_is_asked_each_time(pool: PgPool) {
    create(&pool, "app").await;
    let proxy = Proxy::to(&options(&pool)).await;
    proxy.set(Mode::Deaf);
    let process = Process::start(proxy.options(&options(&pool)), by_notification()).await;
    let visitor = sign_in(&pool, "ana").await;
    for _ in 0..3 {
        assert!(is_led_on(&process, &visitor).await && !is_remembered(&process, &proxy, &visitor).await);
    }
    sqlx::query("delete from visitor_sessions").execute(&pool).await.unwrap();
    assert!(!is_led_on(&process, &visitor).await);
}
