//! `/instances/{slug}/history/export.csv` and `.json`: what they hold, that they are whole, and what happens if they can't be.

use axum::{body::Body, http::Method};
use http_body_util::BodyExt;

use super::*;
use crate::common::request;

#[sqlx::test(migrations = "../migrations")]
async fn files_hold_what_fits_the_filter_and_no_cell_is_a_formula(pool: PgPool) {
    store_three_versions(&pool).await;
    let site = Site::new(&pool).await;
    let id = store::find(&pool, "my-app").await.unwrap().unwrap().id;
    let formula = "=HYPERLINK(\"https://evil.com\")@myapp.com";
    note(&pool, &Actor { name: "+evil@myapp.com".into(), ..owner(&pool).await }, Kind::Invited, Entry::of(id).about(formula)).await;

    let csv = site.get(&format!("{PATH}/export.csv")).await;
    let headers = ["content-type", "content-disposition", "cache-control"].map(|name| csv.header(name));
    assert_eq!(headers, ["text/csv; charset=utf-8", "attachment; filename=\"my-app-history.csv\"", "no-store"]);
    let lines: Vec<&str> = csv.text().trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(
        lines[0],
        r#""id","at","who","did","kind","instance","version","about","address","before","after","attempts","last_at","api_token""#
    );
    assert_eq!(lines.len(), 6);
    assert!(lines[1].contains(r#""'+evil@myapp.com","invited =HYPERLINK("#), "{}", lines[1]);
    assert!(lines[1].contains(r#","'=HYPERLINK(""https://evil.com"")@myapp.com","#), "{}", lines[1]);
    let second = r#""owner@myapp.com","changed redirects","redirects","my-app",2,"","","{""after_sign_in_url"":null}","{""after_sign_in_url"":""/first""}","","","""#;
    assert!(lines[3].ends_with(second), "{}", lines[3]);

    let json = site.get(&format!("{PATH}/export.json?field=after_sign_in_url")).await;
    assert_eq!(
        [json.header("content-type"), json.header("content-disposition")],
        ["application/json", "attachment; filename=\"my-app-history.json\""]
    );
    let found = json.json();
    let versions: Vec<_> = found.as_array().unwrap().iter().map(|change| change["version"].as_i64()).collect();
    assert_eq!(versions, [Some(3), Some(2)]);
    assert_eq!(found[1]["after"], serde_json::json!({"after_sign_in_url": "/first"}));
    assert_eq!(
        (&found[0]["who"], &found[0]["kind"], &found[0]["instance"]),
        (&"owner@myapp.com".into(), &"redirects".into(), &"my-app".into())
    );
    assert_eq!(site.get(&format!("{PATH}/export.json?person=nobody")).await.json(), serde_json::json!([]));
}

/// Account changes about 1 to that number.
async fn add(pool: &PgPool, count: i32) {
    sqlx::query("insert into changes (kind, who, about) select 'sign_in_failed', 'eve', n::text from generate_series(1, $1) n")
        .bind(count)
        .execute(pool)
        .await
        .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_long_history_is_sent_whole(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    add(&pool, 2_500).await;
    let json = site.get("/history/export.json").await.json();
    let about: Vec<_> = json.as_array().unwrap().iter().map(|change| change["about"].as_str().unwrap().parse::<i32>().unwrap()).collect();
    assert_eq!(about, (1..=2_500).rev().collect::<Vec<_>>());

    add(&pool, 97_501).await;
    let csv = site.get("/history/export.csv").await;
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"server-history.csv\"");
    assert_eq!(csv.text().lines().count(), 100_002);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_breaks_off_does_not_end_like_a_whole_one(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    add(&pool, 2_500).await;
    for path in ["/history/export.csv", "/history/export.json"] {
        let mut body = site.send_unread(request(Method::GET, path, &[]).body(Body::empty()).unwrap()).await.into_body();
        assert!(body.frame().await.unwrap().is_ok());
        sqlx::raw_sql("alter table changes rename to away").execute(&pool).await.unwrap();
        body.collect().await.expect_err("an error, on which the server closes the connection");
        sqlx::raw_sql("alter table away rename to changes").execute(&pool).await.unwrap();
    }
}
