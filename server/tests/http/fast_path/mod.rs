//! The fast path: the same responses as the router's, and no others.

mod direct;
mod pages;

use std::convert::Infallible;

use app::redirects::{Environment, Flow};
use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use sqlx::PgPool;
use tower::{ServiceExt, service_fn};

use crate::{
    common::{Answer, Site, request, store_fallbacks, store_my_app},
    html::without_marks,
};

/// The response of the fast path; `None` if it passes the request on to the router.
async fn fast_path(site: &Site, request: Request<Body>) -> Option<Answer> {
    let router = service_fn(async |_: Request<Body>| Ok::<Response, Infallible>(StatusCode::IM_A_TEAPOT.into_response()));
    let (parts, body) = site.fast_path().before(router).oneshot(request).await.unwrap().into_parts();
    let mut body = body.collect().await.unwrap().to_bytes().to_vec();
    if let Ok(text) = str::from_utf8(&body) {
        body = without_marks(text).into_bytes();
    }
    (parts.status != StatusCode::IM_A_TEAPOT).then_some(Answer { status: parts.status, headers: parts.headers, body })
}

/// The headers that two responses to the same request share. The server adds the length when it sends one.
fn stable_headers(mut headers: HeaderMap) -> HeaderMap {
    assert!(headers.remove("x-request-id").is_some());
    headers.remove("content-length");
    headers
}

const RESOLVE: &str = "/portal/my-app/v1/resolve";
const REDIRECTS: &str = "/portal/my-app/v1/redirects";

#[sqlx::test(migrations = "../migrations")]
async fn the_fast_path_and_the_router_respond_identically(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/in"), (Flow::Logo, "/about")]).await;
    let site = Site::anonymous(&pool);
    let cold = request(Method::GET, &format!("{RESOLVE}?flow=sign-in"), &[]).body(Body::empty()).unwrap();
    assert!(fast_path(&site, cold).await.is_none(), "the instance is not in memory");
    assert_eq!(site.get(&format!("{RESOLVE}?flow=sign-in")).await.status, StatusCode::OK);

    let long = "a".repeat(3000);
    let queries = Flow::ALL.map(|flow| format!("?flow={flow}")).into_iter().chain(
        [
            "?flow=sign-in&flow=nope",
            "?flow=%73ign-in&redirect_url=%2Fx",
            "?flow=sign-in&redirect_url=https%3A%2F%2Fapp.myapp.com%2Fx%3Fa%3Db%23c",
            "?flow=sign-in&redirect_url=https://evil.com",
            "?flow=sign-up&redirect_url=https://myapp.com@evil.com&sign_up_fallback_redirect_url=/welcome",
            "?flow=sign-in&redirect_url=https%3A%2F%2Fa%22%5C%0A.com&email_address=a%40b",
            "?flow=sign-in&redirect_url=https://m%C3%BCnchen.myapp.com/%FF",
        ]
        .map(str::to_owned),
    );
    let queries = queries.chain([format!("?flow=sign-in&redirect_url=/{long}")]);
    let origins =
        [&[][..], &[("origin", "https://my.page")], &[("origin", "null")], &[("cookie", "a=b"), ("referer", "https://evil.com/")]];
    for query in queries {
        for headers in origins {
            for (path, host) in [(RESOLVE, "localhost:3000"), (RESOLVE, "evil.com"), ("/v1/resolve", "accounts.myapp.com")] {
                assert_same(&site, &format!("{path}{query}"), &[headers, &[("host", host)]].concat()).await;
            }
        }
    }
}

/// The fast path takes the request, and its response is the router's.
async fn assert_same(site: &Site, path: &str, headers: &[(&str, &str)]) -> Answer {
    let asked = || request(Method::GET, path, headers).body(Body::empty()).unwrap();
    let (fast, routed) = (fast_path(site, asked()).await.unwrap_or_else(|| panic!("{path}")), site.send_bare(asked()).await);
    assert_eq!(
        (fast.status, stable_headers(fast.headers.clone()), String::from_utf8(fast.body.clone())),
        (routed.status, stable_headers(routed.headers), String::from_utf8(routed.body)),
        "{headers:?} {path}"
    );
    fast
}

#[sqlx::test(migrations = "../migrations")]
async fn stored_redirects_and_liveness_take_it_as_well(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/in")]).await;
    let site = Site::anonymous(&pool);
    assert_eq!(site.get(REDIRECTS).await.status, StatusCode::OK);
    for headers in [&[][..], &[("origin", "https://my.page")], &[("cookie", "a=b"), ("accept-encoding", "gzip")]] {
        for (path, host) in [(REDIRECTS, "localhost:3000"), (REDIRECTS, "evil.com"), ("/v1/redirects?a=b", "accounts.myapp.com")] {
            assert_same(&site, path, &[headers, &[("host", host)]].concat()).await;
        }
        for host in ["localhost:3000", "accounts.myapp.com", "evil.com"] {
            assert_same(&site, "/healthz", &[headers, &[("host", host)]].concat()).await;
        }
    }
    let before = assert_same(&site, REDIRECTS, &[]).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/elsewhere")]).await;
    assert_eq!(site.get(REDIRECTS).await.status, StatusCode::OK);
    let after = assert_same(&site, REDIRECTS, &[]).await;
    assert_ne!(before.header("etag"), after.header("etag"));
    assert!(after.text().contains("/elsewhere"), "{}", after.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn all_other_requests_take_the_router(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    let usual = format!("{RESOLVE}?flow=sign-in");
    assert_eq!(site.get(&usual).await.status, StatusCode::OK);
    let too_long = format!("{usual}&redirect_url=/{}", "a".repeat(17_000));
    for (method, path, host) in [
        (Method::HEAD, usual.as_str(), "localhost:3000"),
        (Method::POST, &usual, "localhost:3000"),
        (Method::OPTIONS, &usual, "localhost:3000"),
        (Method::GET, &too_long, "localhost:3000"),
        (Method::GET, RESOLVE, "localhost:3000"),
        (Method::GET, "/portal/my-app/v1/resolve?flow=nope&flow=sign-in", "localhost:3000"),
        (Method::GET, "/portal/my%2Dapp/v1/resolve?flow=sign-in", "localhost:3000"),
        (Method::GET, "/portal/my-app/v1/resolve/?flow=sign-in", "localhost:3000"),
        (Method::GET, "//portal/my-app/v1/resolve?flow=sign-in", "localhost:3000"),
        (Method::GET, "/portal/other/v1/resolve?flow=sign-in", "localhost:3000"),
        (Method::HEAD, REDIRECTS, "localhost:3000"),
        (Method::GET, "/portal/other/v1/redirects", "localhost:3000"),
        (Method::GET, "/v1/redirects", "localhost:3000"),
        (Method::HEAD, "/healthz", "localhost:3000"),
        (Method::GET, "/healthz/", "localhost:3000"),
        (Method::GET, "/readyz", "localhost:3000"),
        (Method::GET, "/v1/resolve?flow=sign-in", "localhost:3000"),
        (Method::GET, "/v1/resolve?flow=sign-in", "accounts.myapp.com:8443"),
        (Method::GET, "/instances", "localhost:3000"),
    ] {
        let asked = request(method.clone(), path, &[("host", host)]).body(Body::empty()).unwrap();
        assert!(fast_path(&site, asked).await.is_none(), "{method} {host} {path}");
    }
    let known = request(Method::GET, REDIRECTS, &[("if-none-match", "\"1\"")]).body(Body::empty()).unwrap();
    assert!(fast_path(&site, known).await.is_none());
    sqlx::query("update instances set archived_at = now(), version = version + 1").execute(&pool).await.unwrap();
    assert_eq!(site.get(&usual).await.status, StatusCode::GONE);
    for path in [usual.as_str(), REDIRECTS] {
        let closed = request(Method::GET, path, &[]).body(Body::empty()).unwrap();
        assert!(fast_path(&site, closed).await.is_none(), "a closed portal");
    }
}
