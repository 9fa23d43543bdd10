//! What the portal API answers to what it does not have: problems by RFC 9457, and never a 500.

use app::redirects::Environment;
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::common::{Answer, Site, request, store_my_app};

#[track_caller]
fn assert_problem(answer: &Answer, expected: &Value) {
    assert_eq!(answer.json(), *expected);
    assert_eq!(Some(u64::from(answer.status.as_u16())), expected["status"].as_u64());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

fn unknown_instance() -> Value {
    let detail = "There is no instance of this slug, and no portal at this host.";
    json!({"type": "about:blank", "title": "Unknown instance", "status": 404, "detail": detail})
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_instance_is_a_problem(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for path in ["/portal/none/v1/redirects", "/portal/MY-APP/v1/redirects", "/portal/none/v1/resolve?flow=sign-in", "/v1/redirects"] {
        assert_problem(&site.get(path).await, &unknown_instance());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_path_is_a_problem(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let detail = "There is no such path. The portal API has /v1/redirects, /v1/resolve and /v1/session.";
    let expected = json!({"type": "about:blank", "title": "Unknown path", "status": 404, "detail": detail});
    for path in
        ["/portal/my-app/v1/nope", "/portal/none/v1/nope", "/portal/my-app/v1/redirects/", "/v1/nope/%FF/%00", "/portal/%FF/v1/nope"]
    {
        assert_problem(&site.get(path).await, &expected);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_method_that_writes_is_a_problem(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let detail = "This path can only be read: use GET.";
    let expected = json!({"type": "about:blank", "title": "Method not allowed", "status": 405, "detail": detail});
    for path in ["/portal/my-app/v1/redirects", "/portal/my-app/v1/resolve?flow=sign-in", "/v1/redirects"] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = site.send(request(method, path, &[]).body(Body::empty()).unwrap()).await;
            assert_problem(&answer, &expected);
            assert_eq!(answer.header("allow"), "GET, HEAD");
        }
    }
    let head = site.send(request(Method::HEAD, "/portal/my-app/v1/redirects", &[]).body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.header("etag").starts_with("\"1-1-"), head.body.len()), (StatusCode::OK, true, 0));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_query_is_read_up_to_16384_bytes(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let start = "flow=sign-in&redirect_url=/";
    let path = |length: usize| format!("/portal/my-app/v1/resolve?{start}{}", "a".repeat(length - start.len()));
    let longest = site.get(&path(16_384)).await;
    assert_eq!((longest.status, &longest.json()["steps"][1]["reason"]), (StatusCode::OK, &json!("too_long")));
    let detail = "The query is too long: 16,384 bytes at most.";
    let expected = json!({"type": "about:blank", "title": "Query too long", "status": 414, "detail": detail});
    assert_problem(&site.get(&path(16_385)).await, &expected);
    assert_problem(&site.get(&format!("/portal/none/v1/redirects?{}", "a".repeat(16_385))).await, &expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_path_that_is_no_text_names_no_instance(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let long = "a".repeat(10_000);
    for slug in [
        "%00",
        "%FF",
        "%ZZ",
        "%",
        "%2",
        "my-app%00",
        "%C0%AF",
        "%2F",
        "..%2F",
        "%5C",
        "%0D%0A",
        "%F0%9F%98%80",
        "'--",
        "my-app%20",
        "*",
        "$1",
        &long,
    ] {
        assert_problem(&site.get(&format!("/portal/{slug}/v1/redirects")).await, &unknown_instance());
        assert_problem(&site.get(&format!("/portal/{slug}/v1/resolve?flow=sign-in")).await, &unknown_instance());
    }
    for path in
        ["/portal", "/portal/", "/portal//v1/redirects", "/portal/my-app/nope", "/portal/my-app/v1/", "/portal/%FF", "//v1/redirects"]
    {
        assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn whatever_the_query_holds_the_target_stays_on_the_domain(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let many = "redirect_url=https://evil.com&".repeat(500);
    for query in [
        "%",
        "%%%",
        "&&&&=&==",
        "redirect_url",
        "redirect_url=",
        "redirect_url=%00",
        "redirect_url=%FF%FE",
        "redirect_url=%ZZ",
        "redirect_url[]=https://evil.com",
        "redirect_url=https://evil.com%00.myapp.com",
        "redirect_url=https://myapp.com%5C@evil.com",
        "redirect_url=%2F%2Fevil.com",
        "redirect_url=/%5Cevil.com",
        "redirect_url=%09//evil.com",
        "redirect_url=https:evil.com",
        "redirect_url=///evil.com",
        "redirect_url=javascript:alert(1)",
        "redirect_url=https://evil.com&redirect_url=/x",
        "sign_in_force_redirect_url=https://evil.com&sign_in_fallback_redirect_url=//evil.com",
        "email_address=%00%FF&phone_number=+++",
        ";redirect_url=https://evil.com",
        &many,
    ] {
        let answer = site.get(&format!("/portal/my-app/v1/resolve?flow=sign-in&{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        let target = answer.json()["target"].as_str().unwrap().to_owned();
        assert!(target.starts_with("https://myapp.com/"), "{query} goes to {target}");
    }
}
