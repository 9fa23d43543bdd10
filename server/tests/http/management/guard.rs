//! Who may call what: every route that is registered is asked for without a token, with tokens that do not count, with each scope, and
//! with makers who may do less.

use app::{
    admins::Role,
    api_tokens::store::Place,
    fixtures::join,
    members::{form::RoleForm, store as members},
    redirects::Environment,
};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use serde_json::json;
use sqlx::PgPool;

use super::Client;
use crate::common::{Site, account, member, owner, request, store_my_app};

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// What needs no token.
const OPEN: [&str; 3] = ["/openapi.json", "/settings.schema.json", ""];

/// Every route of the API, below its prefix.
fn routes(site: &Site) -> Vec<String> {
    let listed = site.listed();
    let paths = listed.split("RouteId(").filter_map(|entry| entry.split_once("): \"")?.1.split_once('"').map(|(path, _)| path));
    let mut routes: Vec<String> = paths.filter_map(|path| path.strip_prefix("/management/v1").map(str::to_owned)).collect();
    routes.sort();
    routes.dedup();
    routes.retain(|route| !OPEN.contains(&route.as_str()) && !route.contains("__private"));
    routes
}

fn path(route: &str) -> String {
    route.replace("{slug}", "my-app").replace("{*path}", "anything/new")
}

#[sqlx::test(migrations = "../migrations")]
async fn every_route_needs_a_token_that_counts(pool: PgPool) {
    let client = Client::of_owner(&pool, "settings").await;
    let site = Site::anonymous(&pool);
    let routes = routes(&site);
    assert!(routes.len() >= 11, "{routes:?}");
    let browser = Site::new(&pool).await;
    for route in &routes {
        for method in METHODS {
            let path = format!("/management/v1{}", path(route));
            let ask = |authorization: Option<&str>| {
                let headers: Vec<_> = authorization.iter().map(|value| ("authorization", *value)).collect();
                request(method.clone(), &path, &headers).body(Body::empty()).unwrap()
            };
            for authorization in [None, Some("Bearer x"), Some("Bearer"), Some("Basic b3duZXI6cGFzc3dvcmQ="), Some(&*client.token)] {
                let answer = site.send_bare(ask(authorization)).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {route} {authorization:?}");
                assert_eq!(answer.header("www-authenticate"), "Bearer");
                assert_eq!(answer.header("content-type"), "application/problem+json");
                assert!(!answer.text().contains("myapp.com"), "{method} {route}");
            }
            // An owner's session is no token.
            assert_eq!(browser.send(ask(None)).await.status, StatusCode::UNAUTHORIZED, "{method} {route}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_that_has_ended_says_why_it_does_not_count(pool: PgPool) {
    let client = Client::of_owner(&pool, "settings").await;
    assert_eq!(client.get("/instances").await.status, StatusCode::OK);
    for (set, word) in [("expires_at = now() - interval '1 second'", "expired"), ("revoked_at = now()", "revoked")] {
        sqlx::query(sqlx::AssertSqlSafe(format!("update api_tokens set {set}"))).execute(&pool).await.unwrap();
        let answer = client.get("/instances").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.json()["detail"].as_str().unwrap().contains(word), "{}", answer.text());
    }
    sqlx::query("delete from api_tokens").execute(&pool).await.unwrap();
    assert_eq!(client.get("/instances").await.status, StatusCode::UNAUTHORIZED);
}

/// The scope that a request needs.
fn scope_of(method: &Method, route: &str) -> &'static str {
    match (method.as_str(), route) {
        ("GET", _) | (_, "/instances/{slug}/resolve" | "/instances/{slug}/resolve/bulk" | "/instances/{slug}/impact") => "read",
        (_, "/instances/{slug}/redirects") => "redirects",
        _ => "settings",
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_scope_opens_what_it_is_for_and_nothing_else(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let owner = owner(&pool).await;
    let site = Site::anonymous(&pool);
    for (scope, covered) in [
        ("read", &["read"][..]),
        ("redirects", &["read", "redirects"]),
        ("settings", &["read", "redirects", "settings"]),
        ("preview-origins", &[]),
    ] {
        let client = Client::new(&pool, &owner, scope).await;
        for route in routes(&site).iter().filter(|route| !route.contains("{*path}")) {
            for method in METHODS {
                let body = (method != Method::GET).then(|| json!({}));
                // What comes before the scope is whether the request can be read at all.
                let query = if method != Method::GET && route.ends_with("/allowed-origins") { "?origin=https://a.example" } else { "" };
                let answer = client.send(method.clone(), &format!("{}{query}", path(route)), &[], body.as_ref()).await;
                if answer.status == StatusCode::METHOD_NOT_ALLOWED {
                    assert!(!answer.header("allow").is_empty(), "{method} {route}");
                    continue;
                }
                let needed = scope_of(&method, route);
                let is_refused = answer.status == StatusCode::FORBIDDEN;
                // A token of one instance creates none, and adding a preview origin names one first.
                let is_special = (route == "/instances" && method == Method::POST)
                    || (scope == "preview-origins" && answer.status == StatusCode::BAD_REQUEST);
                assert!(is_refused != covered.contains(&needed) || is_special, "{scope}: {method} {route} {}", answer.text());
                assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{scope}: {method} {route}");
            }
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_does_what_its_maker_may_at_that_moment(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let (owner, maker) = (owner(&pool).await, member(&pool, "maker@myapp.com", "my-app", Role::Owner).await);
    let client = Client::new(&pool, &maker, "settings").await;
    let status = async |method: Method, path: &str| client.send(method, path, &[], Some(&json!({}))).await.status;
    let archive = "/instances/my-app/archive";
    assert_eq!(status(Method::POST, archive).await, StatusCode::PRECONDITION_REQUIRED, "an owner may");
    for (role, archives, writes) in [("editor", false, true), ("viewer", false, false)] {
        let form = RoleForm { member: maker.admin.unwrap(), role: role.into() };
        members::change_role(&pool, &owner, "my-app", &form).await.unwrap();
        assert_eq!(status(Method::POST, archive).await == StatusCode::FORBIDDEN, !archives, "{role}");
        assert_eq!(status(Method::PUT, "/instances/my-app/redirects").await == StatusCode::FORBIDDEN, !writes, "{role}");
        assert_eq!(status(Method::GET, "/instances/my-app").await, StatusCode::OK, "{role}");
    }
    members::remove(&pool, &owner, "my-app", maker.admin.unwrap()).await.unwrap();
    assert_eq!(status(Method::GET, "/instances/my-app").await, StatusCode::NOT_FOUND);
    assert_eq!(client.read("/instances").await["instances"].as_array().unwrap().len(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_of_the_server_needs_a_maker_who_is_a_server_wide_admin(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let maker = account(&pool, "maker@myapp.com", true).await;
    join(&pool, &maker, "my-app", Role::Viewer).await;
    let client = Client::at(&pool, &maker, Place::Server, "settings").await;
    assert_eq!(client.get("/instances/my-app").await.status, StatusCode::OK);
    assert_eq!(client.get("/instances/no-app").await.status, StatusCode::NOT_FOUND);
    sqlx::query("update admins set is_server_admin = false where email = 'maker@myapp.com'").execute(&pool).await.unwrap();
    assert_eq!(client.get("/instances/my-app").await.status, StatusCode::FORBIDDEN);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_of_one_instance_knows_of_no_other(pool: PgPool) {
    let client = Client::of_owner(&pool, "settings").await;
    app::fixtures::create_owned(&pool, &owner(&pool).await, &app::fixtures::other_app("my-app-2")).await;
    assert_eq!(client.get("/instances/my-app-2").await.status, StatusCode::NOT_FOUND);
    let listed = client.read("/instances?search=my-app").await;
    assert_eq!(listed["instances"].as_array().unwrap().len(), 1);
    assert_eq!(listed["instances"][0]["slug"], "my-app");
    assert_eq!(client.read("/instances?search=my-app-2").await["instances"].as_array().unwrap().len(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_left_of_the_rate_limit_is_said_and_another_site_reads_nothing(pool: PgPool) {
    let client = Client::of_owner(&pool, "read").await;
    let answer = client.send(Method::GET, "/instances", &[("origin", "https://evil.com")], None).await;
    assert_eq!(answer.header("ratelimit-policy"), "\"token\";q=3000;w=60");
    // One may have come back by now.
    let left = answer.header("ratelimit").strip_prefix("\"token\";r=").unwrap().parse::<u32>().unwrap();
    assert!((2999..=3000).contains(&left), "{left}");
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("cache-control"), "no-store");
}
