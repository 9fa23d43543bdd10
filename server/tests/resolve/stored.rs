//! `--instance`: the instance and its fallback redirects from a database that is up already.

use app::{
    fixtures::{create, my_app, remove_schema, save_fallbacks},
    history::Actor,
    instances::archive::{ArchiveForm, archive},
    redirects::Flow,
};
use serde_json::json;
use sqlx::{ConnectOptions, PgPool};

use crate::process::resolve;

/// Creates `my-app` with a fallback redirect for sign-in, and returns the URL of its database.
async fn store_my_app(pool: &PgPool) -> String {
    create(pool, &my_app()).await;
    save_fallbacks(pool, &Actor::server(), "my-app", &[(Flow::SignIn, "/welcome")]).await;
    pool.connect_options().to_url_lossy().to_string()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_instance_comes_from_the_database_and_the_visit_from_the_line(pool: PgPool) {
    let url = store_my_app(&pool).await;
    let run = resolve(
        &["--instance", "my-app", "--database-url", &url],
        r#"{"flow":"sign-in"}
{"link":"https://accounts.myapp.com/sign-out?redirect_url=https://app.myapp.com/","domain":null}
"#,
    );
    assert_eq!((run.code, run.said.as_str()), (Some(0), ""));
    let answers = run.answers();
    assert_eq!(
        [&answers[0]["target"], &answers[0]["source"], &answers[0]["version"]],
        [&json!("https://myapp.com/welcome"), &json!("fallback"), &json!(2)]
    );
    assert_eq!([&answers[1]["flow"], &answers[1]["target"]], ["sign-out", "https://app.myapp.com/"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_database_says_no_line_can_say(pool: PgPool) {
    let url = store_my_app(&pool).await;
    let keys = ["domain", "environment", "portal_origin", "home_url", "allowed_origins", "fallbacks"];
    let value = |key: &str| match key {
        "allowed_origins" => json!([]),
        "fallbacks" => json!({}),
        _ => json!(""),
    };
    let lines: Vec<_> = keys.iter().map(|key| json!({ "flow": "sign-in", *key: value(key) }).to_string()).collect();
    let run = resolve(&["--instance", "my-app", "--database-url", &url], lines.join("\n"));
    assert_eq!(run.code, Some(1));
    for (key, answer) in keys.iter().zip(run.answers()) {
        let error = answer["error"].as_str().unwrap();
        assert!(error.starts_with(&format!("{key} can't be combined with --instance")), "{error}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_that_is_not_there_is_said(pool: PgPool) {
    let url = store_my_app(&pool).await;
    for slug in ["my-other-app", "NOT A SLUG"] {
        let run = resolve(&["--instance", slug, "--database-url", &url], "{}\n");
        assert_eq!((run.code, run.output.as_str()), (Some(1), ""));
        assert!(run.said.contains(&format!("there is no instance {slug:?}")), "{}", run.said);
    }
}

#[sqlx::test]
async fn a_database_without_the_schema_is_not_changed(pool: PgPool) {
    remove_schema(&pool).await;
    let url = pool.connect_options().to_url_lossy().to_string();
    let run = resolve(&["--instance", "my-app", "--database-url", &url], "{}\n");
    assert_eq!((run.code, run.output.as_str()), (Some(1), ""));
    assert!(run.said.contains("can't read the instance from the database"), "{}", run.said);
    let tables: Option<i64> =
        sqlx::query_scalar("select count(*) from pg_tables where schemaname = 'public'").fetch_one(&pool).await.unwrap();
    assert_eq!(tables, Some(0));
}

#[test]
fn a_database_that_does_not_answer_is_said_without_its_password() {
    let run = resolve(&["--instance", "my-app", "--database-url", "postgres://nick:secret@127.0.0.1:1/none"], "{}\n");
    assert_eq!((run.code, run.output.as_str()), (Some(1), ""));
    assert!(
        run.said.contains("the database none at 127.0.0.1:1 can't be reached as role nick (DATABASE_URL)") && !run.said.contains("secret"),
        "{}",
        run.said
    );
}

#[test]
fn without_a_database_and_a_server_nothing_is_started_or_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let run = resolve(&["--instance", "my-app", "--database-url", "", "--data-dir", data.to_str().unwrap()], "{}\n");
    assert_eq!((run.code, run.output.as_str()), (Some(1), ""));
    assert!(run.said.contains("no server is running on the data directory") && run.said.contains("--database-url"), "{}", run.said);
    assert!(!data.exists());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_archived_instance_leads_nowhere_and_that_is_said(pool: PgPool) {
    let url = store_my_app(&pool).await;
    archive(&pool, &Actor::server(), "my-app", &ArchiveForm { slug: "my-app".into() }).await.unwrap();
    let run = resolve(&["--instance", "my-app", "--database-url", &url], "{\"flow\":\"sign-in\"}\n");
    assert_eq!((run.code, run.output.as_str()), (Some(1), ""));
    assert!(run.said.contains("the instance \"my-app\" is archived, so its portal is closed"), "{}", run.said);
}
