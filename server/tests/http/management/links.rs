//! Reading over the management API: where links would end, the history, members, activity, and the description of all of it.

use app::redirects::Environment;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Client, places};
use crate::common::{Site, store_my_app};

#[sqlx::test(migrations = "../migrations")]
async fn links_are_resolved_one_by_one_and_in_lists(pool: PgPool) {
    let client = Client::of_owner(&pool, "read").await;
    let one = async |body: Value| client.send(Method::POST, "/instances/my-app/resolve", &[], Some(&body)).await;
    let link = "https://accounts.myapp.com/sign-in?redirect_url=https%3A%2F%2Fevil.com%2F";
    let answer = one(json!({ "link": link })).await.json();
    assert_eq!((&answer["resolution"]["target"], &answer["resolution"]["source"]), (&json!("https://myapp.com/"), &json!("home_url")));
    assert_eq!(places(&one(json!({"link": "https://evil.com/"})).await), ["/link"]);
    assert_eq!(places(&one(json!({"link": link, "requesting_origin": "null"})).await), ["/requesting_origin"]);
    assert_eq!(one(json!({"links": link})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let bulk =
        async |links: Vec<&str>| client.send(Method::POST, "/instances/my-app/resolve/bulk", &[], Some(&json!({ "links": links }))).await;
    let good = "https://accounts.myapp.com/sign-in?redirect_url=https%3A%2F%2Fmyapp.com%2Fx";
    let checked = bulk(vec![link, good, "nothing"]).await.json();
    let outcomes: Vec<_> = checked["links"].as_array().unwrap().iter().map(|link| link["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["refused", "allowed", "no-link"]);
    assert_eq!(bulk(vec![good; 10_000]).await.json()["links"].as_array().unwrap().len(), 10_000);
    assert_eq!(places(&bulk(vec![good; 10_001]).await), ["/links"]);
    let visits: i64 = sqlx::query_scalar("select count(*) from visits").fetch_one(&pool).await.unwrap();
    assert_eq!(visits, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn history_has_a_cursor_and_members_and_activity_are_read(pool: PgPool) {
    let client = Client::of_owner(&pool, "redirects").await;
    for value in ["/1", "/2", "/3"] {
        client.change(Method::PATCH, "/instances/my-app/redirects", Some(&json!({"logo_link_url": value}))).await;
    }
    let first = client.read("/instances/my-app/history?limit=2").await;
    let next = first["next"].as_i64().unwrap();
    let second = client.read(&format!("/instances/my-app/history?limit=2&cursor={next}")).await;
    assert!(second["changes"][0]["id"].as_i64() < Some(next + 1) && second["changes"][0]["id"] != first["changes"][1]["id"]);
    for query in ["limit=0", "limit=501", "cursor=0", "cursor=x", "page=2"] {
        assert_eq!(client.get(&format!("/instances/my-app/history?{query}")).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(client.read("/instances/my-app/members").await["members"][0]["role"], "owner");
    let join = "with made as (insert into admins (email, password_hash) values ('z@x.com', '$argon2id$x') returning id)
        insert into members (instance_id, admin_id, role) select i.id, made.id, 'viewer' from made, instances i";
    sqlx::query(join).execute(&pool).await.unwrap();
    let first = client.read("/instances/my-app/members?limit=1").await;
    let second = client.read(&format!("/instances/my-app/members?limit=1&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!([&first["members"][0]["role"], &second["members"][0]["role"]], ["owner", "viewer"]);
    assert_eq!((&second["next"], second["members"].as_array().unwrap().len()), (&json!(null), 1));
    assert_eq!(client.read("/instances/my-app/members?email=Z%40x").await["members"].as_array().unwrap().len(), 1);
    for query in ["limit=0", "limit=501", "cursor=0", "cursor=king-a@x.com", "cursor=owner-12", "email=a%00", "page=2"] {
        assert_eq!(client.get(&format!("/instances/my-app/members?{query}")).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(client.read("/instances/my-app/activity?range=24h").await["visits"], json!([]));
    assert_eq!(client.get("/instances/my-app/activity?range=1h").await.status, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_description_is_open_and_names_every_route(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    let document = site.get("/management/v1/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    let listed = site.listed();
    let is_route = |path: &str| listed.contains(&format!("\"{path}\""));
    assert!(paths.len() >= 11 && paths.keys().all(|path| is_route(path)), "{:?}", paths.keys());
    assert!(document["components"]["schemas"]["InstanceSettings"]["properties"]["domain"].is_object());
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    let schema = site.get("/management/v1/settings.schema.json").await.json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}
