//! Fallback redirects and `If-Match`: what is replaced must have been seen, and a dry run changes nothing.

use app::{fixtures::find, redirects::Flow};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Client, places};
use crate::common::{Site, owner};

const REDIRECTS: &str = "/instances/my-app/redirects";

async fn stored(pool: &PgPool, flow: Flow) -> Option<String> {
    find(pool, "my-app").await.fallbacks.get(flow).map(str::to_owned)
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_read_can_be_sent_back_with_a_change(pool: PgPool) {
    let client = Client::of_owner(&pool, "redirects").await;
    let read = client.get(REDIRECTS).await;
    let mut body = read.json();
    assert_eq!(body.as_object().unwrap().len(), Flow::ALL.len());
    body["after_sign_in_url"] = json!("/dashboard");
    let answer = client.send(Method::PUT, REDIRECTS, &[("if-match", read.header("etag"))], Some(&body)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let changed = answer.json();
    assert_eq!(changed["changes"], json!([{"pointer": "/redirects/after_sign_in_url", "before": null, "after": "/dashboard"}]));
    assert_eq!((&changed["dry_run"], &changed["version"]), (&json!(false), &json!(2)));
    assert_ne!(answer.header("etag"), read.header("etag"));
    assert_eq!(stored(&pool, Flow::SignIn).await.as_deref(), Some("/dashboard"));
    // The portal serves it before the answer is there.
    let portal = Site::anonymous(&pool).get("/portal/my-app/v1/redirects").await;
    assert_eq!(portal.json()["redirects"]["after_sign_in_url"]["value"], "/dashboard");
    let history = client.read("/instances/my-app/history?limit=1").await;
    let last = &history["changes"][0];
    assert_eq!(
        (&last["who"], &last["api_token"], &last["kind"]),
        (&json!("owner@myapp.com"), &json!("redirects token"), &json!("redirects"))
    );
    // Sent again, nothing differs, so nothing is stored.
    let again = client.send(Method::PUT, REDIRECTS, &[("if-match", answer.header("etag"))], Some(&body)).await;
    assert_eq!((again.json()["changes"].clone(), again.json()["version"].clone()), (json!([]), json!(2)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_patch_changes_what_it_names(pool: PgPool) {
    let client = Client::of_owner(&pool, "redirects").await;
    client.change(Method::PATCH, REDIRECTS, Some(&json!({"after_sign_in_url": "/in", "logo_link_url": "/"}))).await;
    let answer = client.change(Method::PATCH, REDIRECTS, Some(&json!({"after_sign_in_url": null, "after_sign_up_url": "/up"}))).await;
    assert_eq!(answer.status, StatusCode::OK);
    let now = [Flow::SignIn, Flow::SignUp, Flow::Logo];
    assert_eq!(stored(&pool, now[0]).await, None);
    assert_eq!(stored(&pool, now[1]).await.as_deref(), Some("/up"));
    assert_eq!(stored(&pool, now[2]).await.as_deref(), Some("/"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_write_that_has_not_seen_what_it_replaces_is_refused(pool: PgPool) {
    let client = Client::of_owner(&pool, "redirects").await;
    let body = json!({"after_sign_in_url": "/mine"});
    let etag = client.get(REDIRECTS).await.header("etag").to_owned();
    let future = etag.replacen("-1-", "-9-", 1);
    let send = async |headers: &[(&str, &str)]| client.send(Method::PATCH, REDIRECTS, headers, Some(&body)).await;
    assert_eq!(send(&[]).await.status, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(send(&[("if-match", "*")]).await.status, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(send(&[("if-match", &format!("W/{etag}"))]).await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(send(&[("if-match", &future)]).await.status, StatusCode::PRECONDITION_FAILED, "no such version was ever stored");
    assert_eq!(send(&[("if-match", "\"1\"")]).await.status, StatusCode::BAD_REQUEST);
    app::fixtures::save_fallbacks(&pool, &owner(&pool).await, "my-app", &[(Flow::SignUp, "/theirs")]).await;
    let stale = send(&[("if-match", &etag)]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let problem = stale.json();
    assert!(problem["detail"].as_str().unwrap().contains("owner@myapp.com changed redirects"), "{problem}");
    assert_eq!((&problem["changes"][0]["version"], &problem["changes"][0]["fields"]), (&json!(2), &json!(["After sign-up"])));
    assert_eq!(stale.header("etag"), client.get(REDIRECTS).await.header("etag"));
    assert_eq!(stored(&pool, Flow::SignIn).await, None, "nothing was stored");
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_writes_at_once_one_is_stored(pool: PgPool) {
    let client = Client::of_owner(&pool, "redirects").await;
    let etag = client.get(REDIRECTS).await.header("etag").to_owned();
    let send = async |value: &str| {
        client.send(Method::PATCH, REDIRECTS, &[("if-match", &etag)], Some(&json!({"logo_link_url": value}))).await.status
    };
    let (one, two) = tokio::join!(send("/1"), send("/2"));
    let mut statuses = [one.as_u16(), two.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dry_run_says_what_would_change_and_changes_nothing(pool: PgPool) {
    let client = Client::of_owner(&pool, "redirects").await;
    let dry = client.change(Method::PATCH, &format!("{REDIRECTS}?dry_run=true"), Some(&json!({"after_sign_in_url": "/in"}))).await;
    assert_eq!(dry.status, StatusCode::OK);
    let body = dry.json();
    assert_eq!((&body["dry_run"], &body["version"], &body["changes"][0]["after"]), (&json!(true), &json!(1), &json!("/in")));
    let reader = Client::new(&pool, &owner(&pool).await, "read").await;
    let planned = reader.change(Method::PATCH, &format!("{REDIRECTS}?dry_run=true"), Some(&json!({"after_sign_in_url": "/in"}))).await;
    assert_eq!((planned.status, planned.json()), (StatusCode::OK, body), "who may read may plan");
    let refused =
        client.change(Method::PATCH, &format!("{REDIRECTS}?dry_run=true"), Some(&json!({"after_sign_in_url": "https://evil.com/"}))).await;
    assert_eq!((refused.status, places(&refused)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/after_sign_in_url".to_owned()]));
    for query in ["dryrun=true", "dry_run=yes", "dry-run=true", "dry_run=true&x=1"] {
        let wrong = client.change(Method::PATCH, &format!("{REDIRECTS}?{query}"), Some(&json!({"after_sign_in_url": "/in"}))).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(find(&pool, "my-app").await.instance.version(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_wrong_is_named_where_it_is(pool: PgPool) {
    let client = Client::of_owner(&pool, "redirects").await;
    let patch = async |body: Value| client.change(Method::PATCH, REDIRECTS, Some(&body)).await;
    let wrong = patch(json!({"after_signin_url": "/x", "logo_link_url": 7})).await;
    assert_eq!(
        (wrong.status, places(&wrong)),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["/after_signin_url".to_owned(), "/logo_link_url".to_owned()])
    );
    let forgotten = client.change(Method::PUT, REDIRECTS, Some(&json!({"after_sign_in_url": "/x"}))).await;
    assert_eq!((forgotten.status, places(&forgotten).len()), (StatusCode::UNPROCESSABLE_ENTITY, Flow::ALL.len() - 1));
    let large = client.change(Method::PATCH, REDIRECTS, Some(&json!({"after_sign_in_url": "x".repeat(300_000)}))).await;
    assert_eq!((large.status, large.header("content-type")), (StatusCode::PAYLOAD_TOO_LARGE, "application/problem+json"));
    let text = client.send(Method::PATCH, REDIRECTS, &[("content-type", "text/plain")], Some(&json!({}))).await;
    assert_eq!(text.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(find(&pool, "my-app").await.instance.version(), 1);
}
