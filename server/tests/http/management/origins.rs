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
    for query in ["", "?origins=https://partner.example", "?origin=https://a.example&origin=https://b.example"] {
        let answer = client.send(Method::PUT, &format!("/instances/my-app/allowed-origins{query}"), &[], None).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(find(&pool, "my-app").await.instance.version(), 1);
}

fn preview(host: &str, end: &str) -> String {
    format!("{}&{end}", path(&format!("https://{host}")))
}

const PREVIEW: &str = "my-app-git-x-my-team.vercel.app";

async fn target(pool: &PgPool) -> String {
    let link = format!("/portal/my-app/v1/resolve?flow=sign-in&redirect_url=https%3A%2F%2F{PREVIEW}%2Fx");
    crate::common::Site::anonymous(pool).get(&link).await.json()["target"].as_str().unwrap().to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_preview_origin_is_added_until_it_expires_or_is_removed(pool: PgPool) {
    let client = Client::of_owner(&pool, "preview-origins").await;
    assert_eq!(target(&pool).await, "https://myapp.com/");
    let added = client.send(Method::PUT, &preview(PREVIEW, "expires_in=7d"), &[], None).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text());
    assert_eq!(added.json()["changes"][0]["after"]["origin"], format!("https://{PREVIEW}"));
    assert_eq!(target(&pool).await, format!("https://{PREVIEW}/x"));
    sqlx::query("update preview_origins set added_at = now() - interval '1 hour', expires_at = date_trunc('second', now())")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("update instances set version = version + 1").execute(&pool).await.unwrap();
    assert_eq!(target(&pool).await, "https://myapp.com/", "it has expired, and nobody has called");
    client.send(Method::PUT, &preview(PREVIEW, "expires_in=1h"), &[], None).await;
    assert_eq!(target(&pool).await, format!("https://{PREVIEW}/x"), "its end moves");
    for changes in [1, 0] {
        let removed = client.send(Method::DELETE, &path(&format!("https://{PREVIEW}")), &[], None).await;
        assert_eq!((removed.status, removed.json()["changes"].as_array().unwrap().len()), (StatusCode::OK, changes));
    }
    assert_eq!(target(&pool).await, "https://myapp.com/");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_for_preview_origins_does_nothing_else(pool: PgPool) {
    let client = Client::of_owner(&pool, "preview-origins").await;
    let put = async |path: &str| client.send(Method::PUT, path, &[], None).await;
    for host in ["evil.com", "my-app--other-team.vercel.app", "my-app-x-my-team.vercel.app.evil.com", "a.my-app-x-my-team.vercel.app"] {
        assert_eq!(put(&preview(host, "expires_in=7d")).await.status, StatusCode::FORBIDDEN, "{host}");
    }
    assert_eq!(
        put(&preview("MY-APP-Git-Y-my-team.Vercel.App", "expires_in=7d")).await.status,
        StatusCode::OK,
        "browsers write it in lower case"
    );
    for (end, parameter) in [
        ("expires_in=0", "expires_in"),
        ("expires_in=-7d", "expires_in"),
        ("expires_in=1y", "expires_in"),
        ("expires_in=365d", "expires_in"),
        ("expires_at=2020-01-01T00:00:00Z", "expires_at"),
        ("expires_at=soon", "expires_at"),
        ("expires_in=7d&expires_at=2030-01-01T00:00:00Z", "expires_in"),
        ("expire_in=7d", "expire_in"),
        ("dry_run=false", "expires_in"),
    ] {
        let answer = put(&preview(PREVIEW, end)).await;
        assert_eq!((answer.status, places(&answer)), (StatusCode::BAD_REQUEST, vec![parameter.to_owned()]), "{end} {}", answer.text());
    }
    assert_eq!(client.get("/instances/my-app/allowed-origins").await.status, StatusCode::FORBIDDEN);
    let dry = put(&preview(PREVIEW, "expires_in=7d&dry_run=true")).await;
    assert_eq!((dry.status, dry.json()["dry_run"].clone()), (StatusCode::OK, json!(true)));
    let stored: Vec<String> = sqlx::query_scalar("select origin from preview_origins").fetch_all(&pool).await.unwrap();
    assert_eq!(stored, ["https://my-app-git-y-my-team.vercel.app"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_conflict_with_preview_origins_alone_says_so(pool: PgPool) {
    let client = Client::of_owner(&pool, "settings").await;
    let etag = client.get("/instances/my-app").await.header("etag").to_owned();
    let added = client.send(Method::PUT, &preview(PREVIEW, "expires_in=7d"), &[], None).await;
    assert_eq!(added.header("etag"), client.get("/instances/my-app").await.header("etag"), "its own save is one that it has seen");
    let stale = client.send(Method::PATCH, "/instances/my-app", &[("if-match", &etag)], Some(&json!({"name": "X"}))).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.json()["detail"].as_str().unwrap().starts_with("Only preview origins have changed since"), "{}", stale.text());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dry_run_refuses_what_the_write_refuses(pool: PgPool) {
    let client = Client::of_owner(&pool, "settings").await;
    for query in ["expires_in=7d&dry_run=true", "expires_in=7d"] {
        let answer = client.send(Method::PUT, &preview("*.preview.myapp.dev", query), &[], None).await;
        assert_eq!((answer.status, places(&answer)), (StatusCode::BAD_REQUEST, vec!["origin".to_owned()]), "{query}");
    }
}
