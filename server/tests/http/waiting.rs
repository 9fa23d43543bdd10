//! A server with a dashboard whose database is not there when it starts, or goes away later: it says so, and no more than that.

use std::process::Stdio;

use serde_json::Value;
use sqlx::{ConnectOptions, PgPool};

use crate::{
    html,
    runtime::{NOWHERE, Runtime, Way, eventually},
    server_process::{ServerProcess, serve},
};

fn url(pool: &PgPool) -> String {
    pool.connect_options().to_url_lossy().to_string()
}

#[sqlx::test(migrations = "../migrations")]
async fn it_listens_says_so_and_is_ready_when_the_database_comes(pool: PgPool) {
    let mut way = Way::closed(&pool);
    let mut server = Runtime::start(&["--database-url", &way.url]);
    server.hear("is waiting for its database and already listens on http://");
    for path in ["/", "/instances", "/account/sign-in", "/management/v1/instances"] {
        let page = server.get_with(path, "accept: text/html");
        assert!(page.status == 503 && page.head.contains("retry-after: 5"), "{path}: {page:?}");
        assert!(
            html::without_marks(&page.body).contains("<h1>Waiting for the database</h1>") && page.body.contains("waiting for its database"),
            "{path}: {page:?}"
        );
        let problem = server.get(path);
        assert!(problem.status == 503 && problem.head.contains("content-type: application/problem+json"), "{path}: {problem:?}");
    }
    assert_eq!(server.get("/portal/my-app/v1/redirects").status, 503);
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 503));
    assert_eq!(server.log().matches("the database is not ready; retrying").count(), 1, "{}", server.log());
    way.open();
    server.hear("is ready: http://");
    eventually(|| server.get("/readyz").body == "ready\n");
    assert_eq!(server.get("/account/sign-in").status, 200);
    let end = server.stop();
    assert!(end.code == Some(0) && end.said.contains("No admin exists yet."), "{end:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_waiting_does_not_fix_ends_it_at_once(pool: PgPool) {
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (99991231, 'x', true, '', 0)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let elsewhere = sqlx::postgres::PgConnectOptions::clone(&pool.connect_options()).database("no_such_database").to_url_lossy();
    for (url, reason) in [(url(&pool), "99991231"), (elsewhere.to_string(), "no_such_database"), ("no URL".to_owned(), "DATABASE_URL")] {
        let ended = serve(&["--database-url", &url]).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        let log = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(1) && log.contains(reason), "{reason}: {log}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_outage_has_one_line_in_the_log_however_many_requests_fail(pool: PgPool) {
    // Nothing is there from the beginning: every instance has to be read.
    let server = Runtime::start(&["--role", "portal", "--database-url", NOWHERE]);
    let asked: Vec<_> = (0..100).map(|number| server.ask(&format!("/portal/app-{number}/v1/redirects"), "accept: */*")).collect();
    assert!(asked.into_iter().all(|answer| answer.join().unwrap().starts_with("HTTP/1.1 503 ")));
    let log = server.stop().log;
    assert_eq!(log.matches("a stored instance could not be read").count(), 1, "{log}");

    // It goes away while somebody is signed in.
    let server = Runtime::start(&["--database-url", &url(&pool)]);
    let database = pool.connect_options().get_database().unwrap().to_owned();
    let elsewhere =
        PgPool::connect_with(sqlx::postgres::PgConnectOptions::clone(&pool.connect_options()).database("postgres")).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("alter database \"{database}\" allow_connections false"))).execute(&elsewhere).await.unwrap();
    sqlx::query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1")
        .bind(&database)
        .execute(&elsewhere)
        .await
        .unwrap();
    let session = format!("cookie: portal-redirects-session={}", "a".repeat(64));
    let statuses: Vec<_> = (0..50).map(|_| server.get_with("/instances", &session).status).collect();
    sqlx::query(sqlx::AssertSqlSafe(format!("alter database \"{database}\" allow_connections true"))).execute(&elsewhere).await.unwrap();
    assert_eq!(statuses, [503; 50]);
    let log = server.stop().log;
    // A connection that was open fails in another way than a new one.
    let lines = log.matches("a session could not be looked up").count();
    assert!((1..=2).contains(&lines), "{lines}: {log}");
}

#[sqlx::test(migrations = "../migrations")]
async fn as_json_every_line_on_standard_output_is_an_object(pool: PgPool) {
    let mut way = Way::closed(&pool);
    let mut command = serve(&["--log-format", "json", "--database-url", &way.url]);
    let process = ServerProcess::start(command.stderr(Stdio::null()));
    let waiting = process.output.recv().unwrap();
    way.open();
    let mut lines = vec![waiting];
    while !lines.last().unwrap().contains("is ready") {
        lines.push(process.output.recv().unwrap());
    }
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect();
    let messages: Vec<&str> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(messages[0].starts_with("Portal Redirects is waiting for its database and already listens on http://"), "{messages:?}");
    assert!(messages[1].starts_with("No admin exists yet. Create the first one within an hour: http://"), "{messages:?}");
    assert!(messages[2].starts_with("Portal Redirects is ready: http://"), "{messages:?}");
    for line in &lines {
        assert!(line["level"] == "INFO" && line["timestamp"].is_string() && line["url"].as_str().unwrap().starts_with("http://"), "{line}");
    }
    assert!(lines[1]["expires_at"].is_string() && lines[1]["note"].as_str().unwrap().contains("a log that keeps it"), "{}", lines[1]);
    process.terminate();
}
