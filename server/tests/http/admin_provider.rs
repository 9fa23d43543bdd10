//! Admins who sign in at the company's identity provider.

use std::collections::HashMap;

use app::{admins::provider::AdminProvider, identity_provider::AllowedProviders, redirects::Environment};
use axum::http::StatusCode;
use serde_json::{Value, json};
use server::http::options::HttpOptions;
use sqlx::PgPool;
use url::Url;

use crate::{
    common::{Answer, Site, key_file, store_my_app},
    html::text,
    portal_pages::fake_provider::{CLIENT_ID, CLIENT_SECRET, FakeProvider},
};

const DASHBOARD: &str = "http://localhost:3000";

/// A server whose admins sign in at a provider.
async fn site(pool: &PgPool, more: &Value) -> (FakeProvider, Site) {
    store_my_app(pool, Environment::Production).await;
    let provider = FakeProvider::start().await;
    let mut file = json!({
        "issuer": provider.issuer(), "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "server_admins": ["admins"],
        "members": [{"group": "team", "instance": "my-app", "role": "editor"}]
    });
    for (name, value) in more.as_object().unwrap() {
        file[name] = value.clone();
    }
    let config = AdminProvider::parse(&file.to_string(), AllowedProviders::Private).unwrap();
    let options = HttpOptions::default().with_identity_providers(AllowedProviders::Private, key_file()).unwrap();
    (provider, Site::with_options(pool, Some(DASHBOARD), options.with_admin_provider(Some(config))))
}

/// The cookies that a response sets, as a browser sends them back.
fn cookies(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned());
    set.collect::<Vec<_>>().join("; ")
}

/// Begins a sign-in: the address at the provider, and the browser's cookie.
async fn begin(site: &Site) -> (Url, String) {
    let answer = site.get("/account/provider?next=/instances/my-app").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text(answer.text()));
    (answer.header("location").parse().unwrap(), cookies(&answer))
}

async fn come_back(site: &Site, cookie: &str, query: &HashMap<String, String>) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    site.get_with(&format!("/account/provider/callback?{query}"), &[("cookie", cookie), ("sec-fetch-site", "cross-site")]).await
}

async fn sign_in(site: &Site, provider: &FakeProvider) -> Answer {
    let (url, cookie) = begin(site).await;
    come_back(site, &cookie, &provider.approve(&url)).await
}

#[sqlx::test(migrations = "../migrations")]
async fn an_admin_signs_in_and_loses_access_with_the_group(pool: PgPool) {
    let (provider, site) = site(&pool, &json!({})).await;
    let page = site.get("/account/sign-in?next=/instances/my-app").await;
    assert!(page.text().contains("/account/provider?next=%2Finstances%2Fmy-app"), "{}", page.text());
    provider.claim("groups", json!(["team"]));
    let (url, cookie) = begin(&site).await;
    let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(asked["redirect_uri"], format!("{DASHBOARD}/account/provider/callback"));
    let query = provider.approve(&url);
    // Neither another browser nor a second time.
    assert_eq!(come_back(&site, "", &query).await.status, StatusCode::FORBIDDEN);
    let answer = come_back(&site, &cookie, &query).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app"));
    assert_eq!(come_back(&site, &cookie, &query).await.status, StatusCode::FORBIDDEN);
    let ana = site.with_cookie(cookies(&answer));
    assert_eq!(ana.get("/instances/my-app/redirects").await.status, StatusCode::OK);
    assert_eq!(ana.get("/instances/new").await.status, StatusCode::FORBIDDEN);
    provider.claim("groups", json!([]));
    let answer = sign_in(&site, &provider).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(text(answer.text()).contains("None of your groups at the identity provider may use this dashboard any more."));
    assert_eq!(ana.get("/instances/my-app/redirects").await.status, StatusCode::SEE_OTHER, "the session has ended");
}

#[sqlx::test(migrations = "../migrations")]
async fn passwords_are_switched_off_once_somebody_has_signed_in_at_the_provider(pool: PgPool) {
    let (provider, site) = site(&pool, &json!({"password_sign_in": false})).await;
    let form = [("email", "nobody@myapp.com"), ("password", "wrong"), ("next", "")];
    assert_eq!(site.post("/account/sign-in", &form).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(site.get("/account/sign-in").await.text().contains("name=\"password\""));
    provider.claim("groups", json!(["admins"]));
    assert_eq!(sign_in(&site, &provider).await.status, StatusCode::SEE_OTHER);
    let page = site.get("/account/sign-in").await;
    assert!(!page.text().contains("name=\"password\"") && page.text().contains("portal-redirects admin invite"));
    let answer = site.post("/account/sign-in", &form).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(text(answer.text()).contains("Nobody signs in with a password here."), "{}", text(answer.text()));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_error_of_the_provider_is_told_on_the_sign_in_page(pool: PgPool) {
    let (provider, site) = site(&pool, &json!({})).await;
    let (url, cookie) = begin(&site).await;
    let mut query = provider.approve(&url);
    query.remove("code");
    query.insert("error".into(), "access_denied".into());
    let answer = come_back(&site, &cookie, &query).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let said = text(answer.text());
    assert!(said.contains("The identity provider did not let you through."), "{said}");
    assert!(answer.text().contains("name=\"password\""));
    // Only pages of the dashboard are opened afterwards.
    let answer = site.get("/account/provider?next=https://evil.example/").await;
    let cookie = cookies(&answer);
    provider.claim("groups", json!(["admins"]));
    let answer = come_back(&site, &cookie, &provider.approve(&answer.header("location").parse().unwrap())).await;
    assert_eq!(answer.header("location"), "/instances");
}
