//! `POST /api/check_fallback`: the verdict on a value as it is typed, the same that saving gives.

use app::redirects::Environment;
use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::common::{Answer, Site, store_my_app};

const PATH: &str = "/api/check_fallback";
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

async fn check(site: &Site, slug: &str, flow: &str, value: &str) -> Answer {
    site.post_body(PATH, &JSON, json!({"slug": slug, "flow": flow, "value": value}).to_string()).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_value_gets_its_verdict_in_the_parts_that_the_screen_shows(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let parts = |before: &str, host: &str, after: &str| json!({"before": before, "host": host, "after": after});
    let foreign = " is not on myapp.com. Use a URL on myapp.com, or add this origin under Settings.";
    for (value, verdict) in [
        ("", json!({"empty": parts("https://", "myapp.com", "/")})),
        (" \t", json!({"empty": parts("https://", "myapp.com", "/")})),
        (" /x?y#z ", json!({"allowed": parts("https://", "myapp.com", "/x?y#z")})),
        ("https://app.myapp.com:8443", json!({"allowed": parts("https://", "app.myapp.com:8443", "/")})),
        ("//evil.com", json!({"refused": parts("", "evil.com", foreign)})),
        (
            "https://myapp.com@evil.com",
            json!({"refused": parts("It contains a user name, and its real host is ", "evil.com", ". Remove everything before the @.")}),
        ),
        ("\0", json!({"refused": parts("", "", "It contains an invisible character, U+0000. Remove it.")})),
    ] {
        let answer = check(&site, "my-app", "sign-in", value).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, verdict), "{value:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_flow_counts(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let portal = "https://accounts.myapp.com/sign-in";
    assert!(check(&site, "my-app", "sign-in", portal).await.json()["refused"].is_object());
    assert!(check(&site, "my-app", "sign-out", portal).await.json()["allowed"].is_object());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_instance_is_not_found(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for slug in ["none", "", "MY-APP", "\0", "my-app\0"] {
        let answer = check(&site, slug, "sign-in", "/x").await;
        assert_eq!((answer.status, answer.json()), (StatusCode::NOT_FOUND, json!("not_found")), "{slug:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_body_that_is_no_question_is_a_bad_request(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for body in [
        "",
        "garbage",
        "null",
        "[]",
        "{}",
        r#"{"slug":"my-app","flow":"sign-in"}"#,
        r#"{"slug":"my-app","flow":"nope","value":""}"#,
        r#"{"slug":1,"flow":"sign-in","value":""}"#,
        "{\"slug\":\"my-app\",\"flow\":\"sign-in\",\"value\":\"",
        "slug=my-app&flow=sign-in&value=",
    ] {
        let answer = site.post_body(PATH, &JSON, body).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::BAD_REQUEST, Value::from("bad_request")), "{body}");
    }
    let no_text = site.post_body(PATH, &JSON, &b"{\"slug\":\"\xFF\",\"flow\":\"sign-in\",\"value\":\"\"}"[..]).await;
    assert_eq!(no_text.status, StatusCode::BAD_REQUEST);
    let large = site.post_body(PATH, &[JSON[0], ("content-length", "262145")], vec![b' '; 262_145]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_sent_to_where_a_referer_says(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let headers = [JSON[0], ("accept", "text/html"), ("referer", "https://evil.com/x")];
    for (body, status) in [
        (r#"{"slug":"my-app","flow":"sign-in","value":"/x"}"#, StatusCode::OK),
        (r#"{"slug":"none","flow":"sign-in","value":"/x"}"#, StatusCode::NOT_FOUND),
        ("garbage", StatusCode::BAD_REQUEST),
    ] {
        let answer = site.post_body(PATH, &headers, body).await;
        assert_eq!((answer.status, answer.header("location")), (status, ""), "{body}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_function_is_not_found(pool: PgPool) {
    let site = Site::new(&pool).await;
    for path in ["/api/nope", "/api/check_fallback/x", "/api/check_fallback123", "/api/%FF", "/api/%00"] {
        assert_eq!(site.post_body(path, &JSON, "{}").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(site.get(PATH).await.status.is_client_error());
}
