//! `GET /v1/resolve`: where a visit would end, and every step that leads there.

use app::redirects::{Environment, Flow};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::common::{Site, store_fallbacks, store_my_app};

/// Asks with a `redirect_url` for sign-in, and with headers.
async fn resolve(site: &Site, redirect_url: &str, headers: &[(&str, &str)]) -> Value {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("redirect_url", redirect_url).finish();
    let answer = site.get_with(&format!("/portal/my-app/v1/resolve?flow=sign-in&{query}"), headers).await;
    assert_eq!(answer.status, StatusCode::OK, "{redirect_url}");
    answer.json()
}

/// The step that looked at the link's `redirect_url`.
fn redirect_url_step(resolution: &Value) -> &Value {
    resolution["steps"].as_array().unwrap().iter().find(|step| step["source"] == "redirect_url").unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn without_anything_stored_or_asked_for_people_go_to_the_home_url(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let answer = Site::new(&pool).await.get("/portal/my-app/v1/resolve?flow=sign-in").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(answer.headers.get_all("vary").iter().any(|value| value == "origin"));
    let expected = json!({
        "flow": "sign-in",
        "target": "https://myapp.com/",
        "source": "home_url",
        "version": 1,
        "steps": [
            {"source": "force_param", "outcome": "absent"},
            {"source": "redirect_url", "outcome": "absent"},
            {"source": "fallback_param", "outcome": "absent"},
            {"source": "fallback", "outcome": "absent"},
            {"source": "home_url", "value": "https://myapp.com/", "outcome": "allowed", "ground": "domain"},
        ],
    });
    assert_eq!(answer.json(), expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_an_admin_stores_decides_from_the_next_visit_on(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    assert_eq!(site.get("/portal/my-app/v1/resolve?flow=logo").await.json()["source"], "home_url");
    store_fallbacks(&pool, &[(Flow::Logo, "/about")]).await;
    let expected = json!({
        "flow": "logo",
        "target": "https://myapp.com/about",
        "source": "fallback",
        "version": 2,
        "steps": [
            {"source": "fallback", "value": "/about", "outcome": "allowed", "ground": "domain"},
            {"source": "home_url", "outcome": "not_reached"},
        ],
    });
    assert_eq!(site.get("/portal/my-app/v1/resolve?flow=logo").await.json(), expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_foreign_url_in_the_link_is_refused_and_the_fallback_is_taken(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/dashboard")]).await;
    let expected = json!({
        "flow": "sign-in",
        "target": "https://myapp.com/dashboard",
        "source": "fallback",
        "version": 2,
        "steps": [
            {"source": "force_param", "outcome": "absent"},
            {"source": "redirect_url", "value": "https://evil.com", "outcome": "refused", "reason": "foreign"},
            {"source": "fallback_param", "outcome": "absent"},
            {"source": "fallback", "value": "/dashboard", "outcome": "allowed", "ground": "domain"},
            {"source": "home_url", "outcome": "not_reached"},
        ],
    });
    assert_eq!(resolve(&Site::new(&pool).await, "https://evil.com", &[]).await, expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_url_on_the_domain_in_the_link_is_the_target(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/dashboard")]).await;
    let expected = json!({
        "flow": "sign-in",
        "target": "https://app.myapp.com/x",
        "source": "redirect_url",
        "version": 2,
        "steps": [
            {"source": "force_param", "outcome": "absent"},
            {"source": "redirect_url", "value": "https://app.myapp.com/x", "outcome": "allowed", "ground": "domain"},
            {"source": "fallback_param", "outcome": "not_reached"},
            {"source": "fallback", "outcome": "not_reached"},
            {"source": "home_url", "outcome": "not_reached"},
        ],
    });
    assert_eq!(resolve(&Site::new(&pool).await, "https://app.myapp.com/x", &[]).await, expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_value_is_decoded_once(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let answer = resolve(&Site::new(&pool).await, "https%3A%2F%2Fevil.com", &[]).await;
    assert_eq!((&answer["target"], &answer["source"]), (&json!("https://myapp.com/https%3A%2F%2Fevil.com"), &json!("redirect_url")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_that_asks_may_send_its_visitor_to_itself(pool: PgPool) {
    store_my_app(&pool, Environment::Development).await;
    let site = Site::new(&pool).await;
    let answer = resolve(&site, "http://localhost:5173/x", &[("origin", "http://localhost:5173")]).await;
    let step = json!({"source": "redirect_url", "value": "http://localhost:5173/x", "outcome": "allowed", "ground": "requesting_page"});
    assert_eq!((&answer["target"], redirect_url_step(&answer)), (&json!("http://localhost:5173/x"), &step));
    for origin in ["http://localhost:5174", "https://localhost:5173", "http://127.0.0.1:5173", "http://localhost:5173/x", "localhost:5173"]
    {
        let answer = resolve(&site, "http://localhost:5173/x", &[("origin", origin)]).await;
        assert_eq!(redirect_url_step(&answer)["reason"], "foreign", "{origin}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_origin_null_is_nobody(pool: PgPool) {
    store_my_app(&pool, Environment::Development).await;
    let site = Site::new(&pool).await;
    for (redirect_url, reason) in
        [("https://evil.com", "foreign"), ("data:text/html,x", "scheme"), ("null://x", "scheme"), ("//null", "foreign")]
    {
        let answer = resolve(&site, redirect_url, &[("origin", "null")]).await;
        assert_eq!(redirect_url_step(&answer)["reason"], reason, "{redirect_url}");
        assert_eq!(answer["target"], "https://myapp.com/", "{redirect_url}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_host_a_proxy_or_a_referer_names_never_changes_the_decision(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/dashboard")]).await;
    let site = Site::new(&pool).await;
    for redirect_url in ["https://evil.com/x", "/x"] {
        let plain = resolve(&site, redirect_url, &[]).await;
        for header in [
            ("host", "evil.com"),
            ("forwarded", "host=evil.com;proto=https"),
            ("x-forwarded-host", "evil.com"),
            ("x-forwarded-proto", "http"),
            ("x-original-url", "/portal/other"),
            ("x-rewrite-url", "https://evil.com/"),
            ("referer", "https://evil.com"),
            ("referer", "https://evil.com/"),
            ("referer", "https://evil.com/x"),
        ] {
            assert_eq!(resolve(&site, redirect_url, &[header]).await, plain, "{header:?}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_flow_that_is_missing_or_unknown_is_answered_with_every_flow(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let expected = json!({
        "type": "about:blank",
        "title": "Unknown flow",
        "status": 400,
        "detail": "The parameter flow must name one of the flows.",
        "flows": ["sign-up", "sign-in", "sign-out", "logo", "create-organization", "leave-organization", "waitlist"],
    });
    for query in
        ["", "?", "?flow", "?flow=", "?flow=signin", "?flow=Sign-In", "?flow=nope&flow=sign-in", "?FLOW=sign-in", "?flow=%00", "?flow=%FF"]
    {
        let answer = site.get(&format!("/portal/my-app/v1/resolve{query}")).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::BAD_REQUEST, expected.clone()), "{query}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    for flow in Flow::ALL {
        let answer = site.get(&format!("/portal/my-app/v1/resolve?flow={flow}")).await;
        assert_eq!((answer.status, answer.json()["flow"].as_str()), (StatusCode::OK, Some(flow.name())));
    }
}
