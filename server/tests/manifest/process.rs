//! The real binary, and the databases that it runs on.

use std::{
    io::Write,
    process::{Child, Stdio},
};

use app::{
    fixtures::{create_owned, my_app, other_app, owner, save_fallbacks},
    redirects::{Flow, Settings},
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool, migrate, postgres::PgConnectOptions};

use crate::run::{Run, program};

/// Runs the program with these words on a database, and a file as its standard input.
pub(crate) fn run(database: &PgConnectOptions, words: &[&str], file: &str) -> Run {
    run_on(database.to_url_lossy().as_str(), words, file)
}

/// The same with the URL of a database.
pub(crate) fn run_on(database: &str, words: &[&str], file: &str) -> Run {
    run_with(&[words, &["--database-url", database]].concat(), "", file)
}

/// Runs the program with these words, an API token in its environment, and a file as its standard input.
pub(crate) fn run_with(words: &[&str], token: &str, file: &str) -> Run {
    finish(start(words, token), file)
}

/// The same on a database, with an output that nobody reads.
pub(crate) fn run_unread(database: &PgConnectOptions, words: &[&str], file: &str) -> Run {
    let mut child = start(&[words, &["--database-url", database.to_url_lossy().as_str()]].concat(), "");
    drop(child.stdout.take());
    finish(child, file)
}

fn start(words: &[&str], token: &str) -> Child {
    program(words).env("PORTAL_REDIRECTS_TOKEN", token).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn finish(mut child: Child, file: &str) -> Run {
    // It may end without reading it.
    drop(child.stdin.take().unwrap().write_all(file.as_bytes()));
    child.wait_with_output().unwrap().into()
}

/// Stores `my-app` and `shop`, with something in every setting.
pub(crate) async fn store_instances(pool: &PgPool) {
    let owner = owner(pool).await;
    create_owned(pool, &owner, &my_app()).await;
    save_fallbacks(pool, &owner, "my-app", &[(Flow::SignIn, "/welcome?a=1#b"), (Flow::Logo, "https://www.myapp.com/")]).await;
    let shop = Settings {
        name: "Shop: \"best\" #1".into(),
        domain: "bücher.example".into(),
        portal_origin: "http://portal.localhost:4000".into(),
        allowed_origins: vec!["http://localhost:*".into(), "https://*.preview.myapp.dev".into()],
        ..other_app("shop")
    };
    create_owned(pool, &owner, &shop).await;
    sqlx::query("update instances set portal_enabled = false, visits_counted = false where slug = 'shop'").execute(pool).await.unwrap();
}

/// A second database beside the one of a test: with all tables, and nothing in them.
pub(crate) async fn second(pool: &PgPool) -> PgPool {
    let first = pool.connect_options();
    // Each test is a process of its own, and the name of its database has no room for more.
    let name = format!("second_{}", std::process::id());
    let mut connection = PgConnection::connect_with(&first).await.unwrap();
    connection.execute(AssertSqlSafe(format!("create database \"{name}\""))).await.unwrap();
    let pool = PgPool::connect_with(first.as_ref().clone().database(&name)).await.unwrap();
    migrate!("../migrations").run(&pool).await.unwrap();
    pool
}
