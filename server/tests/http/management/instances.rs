//! Instances over the management API: created once, replaced, changed and archived.

use app::{api_tokens::store::Place, fixtures::find, redirects::Environment};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Client, places};
use crate::common::{Site, owner, store_my_app};

const SHOP: &str = "/instances/shop";

fn shop() -> Value {
    json!({"slug": "shop", "settings": {"name": "Shop", "environment": "production", "domain": "shop.com",
        "redirects": {"after_sign_in_url": "/in"}}})
}

async fn server_client(pool: &PgPool) -> Client {
    store_my_app(pool, Environment::Production).await;
    Client::at(pool, &owner(pool).await, Place::Server, "settings").await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_creation_that_is_sent_again_creates_nothing_again(pool: PgPool) {
    let client = server_client(&pool).await;
    let create = async |key: &str, body: &Value| client.send(Method::POST, "/instances", &[("idempotency-key", key)], Some(body)).await;
    let dry = client.send(Method::POST, "/instances?dry_run=true", &[], Some(&shop())).await;
    assert_eq!((dry.status, dry.json()["version"].clone()), (StatusCode::OK, json!(0)));
    assert_eq!(client.get(SHOP).await.status, StatusCode::NOT_FOUND);
    let created = create("a", &shop()).await;
    assert_eq!((created.status, created.header("location")), (StatusCode::CREATED, "/management/v1/instances/shop"), "{}", created.text());
    assert_eq!(created.json()["settings"]["redirects"], json!({"after_sign_in_url": "/in"}));
    assert_eq!(created.header("etag"), client.get(SHOP).await.header("etag"));
    let again = create("a", &shop()).await;
    assert_eq!((again.status, again.body), (StatusCode::CREATED, created.body));
    let mut other = shop();
    other["settings"]["name"] = json!("Other");
    assert_eq!(create("a", &other).await.status, StatusCode::CONFLICT);
    let taken = create("b", &shop()).await;
    assert_eq!((taken.status, places(&taken)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/slug".to_owned()]));
    assert_eq!(create("", &shop()).await.status, StatusCode::BAD_REQUEST);
    let target = Site::anonymous(&pool).get("/portal/shop/v1/resolve?flow=sign-in").await.json()["target"].clone();
    assert_eq!(target, "https://shop.com/in");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_wrong_with_a_new_instance_is_named_where_it_is(pool: PgPool) {
    let client = server_client(&pool).await;
    for (pointer, value, expected) in [
        ("/slug", json!("No Slug"), "/slug"),
        ("/settings/domain", json!("co.uk"), "/settings/domain"),
        ("/settings/redirects/after_sign_in_url", json!("https://evil.com/"), "/settings/redirects/after_sign_in_url"),
        ("/settings/name", json!(7), "/settings/name"),
    ] {
        let mut body = shop();
        *body.pointer_mut(pointer).unwrap() = value;
        let answer = client.send(Method::POST, "/instances", &[], Some(&body)).await;
        assert_eq!((answer.status, places(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec![expected.to_owned()]), "{}", answer.text());
    }
    let mut body = shop();
    body["settings"]["prtal_origin"] = json!("x");
    assert_eq!(places(&client.send(Method::POST, "/instances", &[], Some(&body)).await), ["/settings/prtal_origin"]);
    assert_eq!(
        Client::new(&pool, &owner(&pool).await, "settings").await.send(Method::POST, "/instances", &[], Some(&shop())).await.status,
        StatusCode::FORBIDDEN
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_dry_run_knows_that_another_instance_has_the_portal(pool: PgPool) {
    let client = server_client(&pool).await;
    let mut body = shop();
    body["settings"]["portal_origin"] = json!("https://accounts.myapp.com");
    for query in ["?dry_run=true", ""] {
        let taken = client.send(Method::POST, &format!("/instances{query}"), &[], Some(&body)).await;
        assert_eq!(
            (taken.status, places(&taken)),
            (StatusCode::UNPROCESSABLE_ENTITY, vec!["/settings/portal_origin".to_owned()]),
            "{query}"
        );
        assert!(!taken.text().contains("my-app"), "whose it is stays unsaid");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_are_replaced_as_a_whole_and_changed_one_by_one(pool: PgPool) {
    let client = Client::of_owner(&pool, "settings").await;
    let path = "/instances/my-app";
    let read = client.read(path).await;
    assert_eq!((&read["slug"], &read["role"]), (&json!("my-app"), &json!("owner")));
    let same = client.change(Method::PUT, path, Some(&read["settings"])).await;
    assert_eq!((same.status, same.json()["version"].clone()), (StatusCode::OK, json!(1)), "{}", same.text());
    let patch = json!({"name": "Renamed", "allowed_origins": ["https://partner.example"], "redirects": {"logo_link_url": "https://partner.example/"}});
    let patched = client.change(Method::PATCH, path, Some(&patch)).await;
    assert_eq!((patched.status, patched.json()["changes"].as_array().unwrap().len()), (StatusCode::OK, 3), "{}", patched.text());
    let stored = find(&pool, "my-app").await;
    assert_eq!((stored.instance.name(), stored.instance.version()), ("Renamed", 2), "one version");
    // The redirect needs the origin, so both go or none.
    let refused = client.change(Method::PATCH, path, Some(&json!({"allowed_origins": null}))).await;
    let skipped = refused.json()["skipped"].as_array().map_or(0, Vec::len);
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY || skipped == 1, "{}", refused.text());
    let home = client.change(Method::PATCH, path, Some(&json!({"home_url": "https://evil.com/"}))).await;
    assert_eq!((home.status, places(&home)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/home_url".to_owned()]));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_archived_instance_is_gone(pool: PgPool) {
    let client = Client::of_owner(&pool, "settings").await;
    let archive = "/instances/my-app/archive";
    assert_eq!(client.send(Method::POST, archive, &[], None).await.status, StatusCode::PRECONDITION_REQUIRED);
    let dry = client.change(Method::POST, &format!("{archive}?dry_run=true"), None).await;
    assert_eq!(
        (dry.status, &dry.json()["dry_run"], &dry.json()["changes"][0]["pointer"]),
        (StatusCode::OK, &json!(true), &json!("/archived"))
    );
    assert_eq!(client.get("/instances/my-app").await.status, StatusCode::OK);
    let archived = client.change(Method::POST, archive, None).await;
    assert_eq!((archived.status, &archived.json()["version"]), (StatusCode::OK, &json!(2)));
    assert_eq!(client.get("/instances/my-app").await.status, StatusCode::GONE);
    assert_eq!(client.read("/instances").await["instances"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_long_list_has_pages_and_is_searched(pool: PgPool) {
    let client = server_client(&pool).await;
    for number in 0..101 {
        app::fixtures::create_owned(&pool, &owner(&pool).await, &app::fixtures::other_app(&format!("app-{number}"))).await;
    }
    let first = client.read("/instances").await;
    let slugs =
        |list: &Value| list["instances"].as_array().unwrap().iter().map(|one| one["slug"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!((slugs(&first).len(), &first["next"]), (100, &json!("app-98")));
    // What is saved meanwhile keeps its place.
    client.change(Method::PATCH, "/instances/my-app", Some(&json!({"name": "Renamed"}))).await;
    let second = client.read("/instances?after=app-98").await;
    assert_eq!((slugs(&second), &second["next"]), (vec!["app-99".to_owned(), "my-app".to_owned()], &Value::Null));
    assert_eq!(slugs(&client.read("/instances?search=RENAMED").await), ["my-app"], "a name is searched too");
    assert_eq!(client.read("/instances?environment=production").await["instances"].as_array().unwrap().len(), 1);
    for (query, name) in [("after=No%20Slug", "after"), ("page=2", "page"), ("environment=prod", "environment"), ("q=x", "q")] {
        let wrong = client.get(&format!("/instances?{query}")).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(wrong.text().contains(name), "{query} {}", wrong.text());
    }
}
