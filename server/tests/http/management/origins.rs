//! Allowed origins over the management API: added and removed as often as it is asked, with the same result.

use app::fixtures::find;
use axum::http::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;

use super::{Client, places};

fn path(origin: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("origin", origin).finish();
    format!("/instances/my-app/allowed-origins?{query}")
}

#[sqlx::test(migrations = "../migrations")]
async fn adding_and_removing_can_be_sent_again(pool: PgPool) {
    let client = Client::of_owner(&pool, "settings").await;
    for (method, version, origins) in [
        (Method::PUT, 2, json!(["https://partner.example"])),
        (Method::PUT, 2, json!(["https://partner.example"])),
        (Method::DELETE, 3, json!([])),
        (Method::DELETE, 3, json!([])),
    ] {
        let answer = client.send(method.clone(), &path("https://Partner.Example/"), &[], None).await;
        assert_eq!((answer.status, answer.json()["version"].clone()), (StatusCode::OK, json!(version)), "{method} {}", answer.text());
        assert_eq!(client.read("/instances/my-app/allowed-origins").await["allowed_origins"], origins);
    }
    let dry = client.send(Method::PUT, &format!("{}&dry_run=true", path("https://partner.example")), &[], None).await;
    assert_eq!(dry.json()["changes"][0]["after"], json!(["https://partner.example"]));
    assert_eq!(find(&pool, "my-app").await.instance.version(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_origin_is_refused(pool: PgPool) {
    let client = Client::of_owner(&pool, "settings").await;
    for origin in ["", "https://*.vercel.app", "http://partner.example", "https://a@b.example", "https://b.example/path"] {
        let answer = client.send(Method::PUT, &path(origin), &[], None).await;
        assert!(matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY), "{origin} {}", answer.text());
        assert!(!places(&answer).is_empty(), "{origin}");
    }
    for query in ["", "?orgin=https://partner.example", "?origin=https://a.example&origin=https://b.example"] {
        let answer = client.send(Method::PUT, &format!("/instances/my-app/allowed-origins{query}"), &[], None).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(find(&pool, "my-app").await.instance.version(), 1);
}
