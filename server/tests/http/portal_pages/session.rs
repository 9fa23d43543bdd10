//! `/v1/session`: which pages may ask who is signed in, what they learn, and that a sign-out counts at once.

use app::{
    applications::{form::ApplicationsForm, store},
    redirects::{Environment, Settings},
};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sqlx::PgPool;

use super::{Browser, HOST, PASSWORD, store_other};
use crate::common::{Answer, OWNER, Site, my_app, owner, request, store_instance};

pub(super) const APP: &str = "https://app.myapp.com";
const HOME: &str = "https://myapp.com";

/// Marks an origin of `my-app` as application.
pub(super) async fn mark(pool: &PgPool, origin: &str, names_in_tokens: &str) {
    let stored = app::instances::store::find(pool, "my-app").await.unwrap().unwrap();
    let app::redirects::Applications { origins, names_in_tokens: stored_names } = stored.applications;
    let form = ApplicationsForm {
        origin: origins.clone(),
        stored: origins,
        stored_names: if stored_names { "on".into() } else { String::new() },
        another: origin.into(),
        names_in_tokens: names_in_tokens.into(),
    };
    store::save(pool, &owner(pool).await, "my-app", &form).await.unwrap();
}

/// The claims of a token.
pub(super) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

impl Browser {
    /// What a page of that origin gets.
    async fn ask(&mut self, origin: &str) -> Answer {
        let headers = [("origin", origin), ("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")];
        self.get_with("/v1/session", &headers[..if origin.is_empty() { 0 } else { 3 }]).await
    }

    async fn end(&mut self, origin: &str) -> Answer {
        self.post_body("/v1/session/end", &[("origin", origin), ("sec-fetch-site", "same-site")], String::new()).await
    }
}

#[track_caller]
fn assert_readable(answer: &Answer, origin: &str) {
    let headers = ["access-control-allow-origin", "access-control-allow-credentials", "cache-control", "vary"];
    assert_eq!(headers.map(|name| answer.header(name)), [origin, "true", "no-store", "origin"], "{answer:?}");
}

#[track_caller]
fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!((answer.header("cache-control"), answer.header("vary")), ("no-store", "origin"));
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{answer:?}");
    assert!(!answer.text().contains("signed_in"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_applications_page_learns_who_is_signed_in_and_can_sign_them_out(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    let nobody = browser.ask(HOME).await;
    assert_readable(&nobody, HOME);
    assert_eq!(nobody.json(), serde_json::json!({"signed_in": false, "sign_in_url": "https://accounts.myapp.com/sign-in"}));
    browser.sign_up("", "ana@myapp.com").await;
    let answer = browser.ask(HOME).await;
    assert_readable(&answer, HOME);
    let body = answer.json();
    assert_eq!((&body["signed_in"], &body["visitor"]["email_address"]), (&true.into(), &"ana@myapp.com".into()));
    let claims = claims(body["token"].as_str().unwrap());
    assert_eq!((&claims["iss"], &claims["azp"]), (&"https://accounts.myapp.com".into(), &HOME.into()));
    assert_eq!((&claims["sub"], &claims["exp"]), (&body["visitor"]["id"], &body["expires_at"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    assert!(claims["sid"].is_string() && claims["organizations"].is_array());
    assert!(!claims.to_string().contains("ana@"), "names are in no token unless the instance says so: {claims}");
    assert_eq!(browser.ask(HOME).await.json()["token"], body["token"], "it is signed once in 30 s");

    let ended = browser.end(HOME).await;
    assert_readable(&ended, HOME);
    assert_eq!((ended.status, &ended.json()["signed_in"]), (StatusCode::OK, &false.into()));
    assert!(ended.header("set-cookie").contains("Max-Age=0"), "{ended:?}");
    assert!(browser.cookies.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn keys_and_answers_come_from_memory_while_postgresql_is_down(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let answer = browser.ask(HOME).await.json();
    let keys = browser.get("/.well-known/jwks.json").await.json();
    assert!(answer["token"].is_string() && keys["keys"].as_array().unwrap().len() == 1);
    pool.close().await;
    assert_eq!(browser.ask(HOME).await.json(), answer);
    assert_eq!(browser.get("/.well-known/jwks.json").await.json(), keys);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_out_counts_at_once_wherever_it_comes_from(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    // A thief with the same cookie.
    let mut copy = browser.clone();
    assert_eq!(copy.ask(HOME).await.json()["signed_in"], true);
    let page = browser.get("/sign-out").await;
    browser.send_form(&page, &[]).await;
    assert_eq!(copy.ask(HOME).await.json()["signed_in"], false, "signed out on the portal's page");

    let page = browser.get("/sign-in").await;
    browser.send_form(&page, &[("identifier", "ana@myapp.com"), ("password", PASSWORD)]).await;
    let mut copy = browser.clone();
    assert_eq!(copy.ask(HOME).await.json()["signed_in"], true);
    browser.end(HOME).await;
    assert_eq!(copy.ask(HOME).await.json()["signed_in"], false, "signed out by the application");

    let page = browser.get("/sign-in").await;
    browser.send_form(&page, &[("identifier", "ana@myapp.com"), ("password", PASSWORD)]).await;
    assert_eq!(browser.ask(HOME).await.json()["signed_in"], true);
    let admin = browser.site.signed_in(&pool, owner(&pool).await.admin.unwrap()).await;
    let visitor: i64 = sqlx::query_scalar("select id from visitors").fetch_one(&pool).await.unwrap();
    let deleted = admin.post("/instances/my-app/visitors/delete", &[("visitor", &visitor.to_string())]).await;
    assert_eq!(deleted.status, StatusCode::SEE_OTHER, "{OWNER}");
    assert_eq!(browser.ask(HOME).await.json()["signed_in"], false, "deleted by an admin");
}

#[sqlx::test(migrations = "../migrations")]
async fn only_application_origins_may_ask_and_each_gets_its_own_token(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    for origin in [
        "",
        "null",
        APP,
        "https://evil.myapp.com.evil",
        "https://evil.myapp.com",
        "https://MYAPP.com",
        "https://myapp.com.",
        "https://myapp.com:443",
        "https://user@myapp.com",
        "https://myapp.com/path",
        "http://myapp.com",
        "https://accounts.myapp.com",
        "*",
    ] {
        assert_refused(&browser.ask(origin).await);
        assert_refused(&browser.end(if origin.is_empty() { "null" } else { origin }).await);
    }
    let twice = browser.get_with("/v1/session", &[("origin", HOME), ("origin", "https://evil.com")]).await;
    assert_refused(&twice);
    assert_eq!(browser.ask(HOME).await.json()["signed_in"], true, "none of them has signed her out");

    mark(&pool, APP, "on").await;
    sqlx::query("update visitors set email_verified_at = now()").execute(&pool).await.unwrap();
    let (home, app) = (browser.ask(HOME).await.json(), browser.ask(APP).await.json());
    let (home, app) = (claims(home["token"].as_str().unwrap()), claims(app["token"].as_str().unwrap()));
    assert_eq!((&home["azp"], &app["azp"]), (&HOME.into(), &APP.into()));
    assert_eq!((&home["sub"], &app["email"]), (&app["sub"], &"ana@myapp.com".into()));
    assert_eq!(app["email_verified"], true);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_browser_that_asks_first_is_told_for_application_origins_only(pool: PgPool) {
    let browser = Browser::at_my_app(&pool).await;
    for path in ["/v1/session", "/v1/session/end"] {
        let ask = async |origin: &str| {
            let headers = [("host", HOST), ("origin", origin), ("access-control-request-method", "POST")];
            browser.site.send_bare(request(Method::OPTIONS, path, &headers).body(Body::empty()).unwrap()).await
        };
        let told = ask(HOME).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT);
        assert_readable(&told, HOME);
        assert_refused(&ask("https://evil.com").await);
        assert_refused(&ask("null").await);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn below_a_path_of_the_dashboard_only_development_instances_answer(pool: PgPool) {
    let site = Site::anonymous(&pool);
    store_instance(&pool, &Settings { environment: Environment::Development, ..my_app() }).await;
    store_other(&pool).await;
    let mut browser = Browser::at(&site, "localhost:3000");
    browser.sign_up_at("/portal/my-app", "ana@myapp.com").await;
    let ask = async |browser: &mut Browser, slug: &str, origin: &str| {
        browser.get_with(&format!("/portal/{slug}/v1/session"), &[("origin", origin)]).await
    };
    let answer = ask(&mut browser, "my-app", HOME).await;
    assert_readable(&answer, HOME);
    assert_eq!(claims(answer.json()["token"].as_str().unwrap())["iss"], "http://127.0.0.1:3000/portal/my-app");
    assert_eq!(ask(&mut browser, "other", "https://other.com").await.status, StatusCode::NOT_FOUND);
    assert_eq!(ask(&mut browser, "nobody", HOME).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_client_that_tries_many_cookies_is_limited_and_the_cached_answer_is_not(pool: PgPool) {
    let mut browser = Browser::at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    assert_eq!(browser.ask(HOME).await.status, StatusCode::OK);
    let name = browser.cookies.keys().find(|name| name.contains("visitor")).unwrap().clone();
    let mut guessing = browser.clone();
    let mut limited = None;
    for n in 0..2_000 {
        guessing.cookies.insert(name.clone(), format!("{n:064x}"));
        let answer = guessing.ask(HOME).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.expect("a limit");
    assert_readable(&limited, HOME);
    assert!(limited.header("retry-after").parse::<u64>().is_ok());
    assert_eq!(browser.ask(HOME).await.status, StatusCode::OK);
}

impl Browser {
    /// Signs a visitor up below a path of the dashboard.
    async fn sign_up_at(&mut self, base: &str, email: &str) {
        let page = self.get(&format!("{base}/sign-up")).await;
        self.send_form(&page, &[("email_address", email), ("password", PASSWORD)]).await;
    }
}
