//! What `doctor` says about a PgBouncer between the server and PostgreSQL.

use sqlx::{ConnectOptions, PgPool};

use crate::{
    pgbouncer::PgBouncer,
    process::options,
    run::{Run, program},
};

/// What `doctor` says with these options.
fn doctor(words: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let all = [&["doctor", "--log", "error", "--data-dir", data.to_str().unwrap()], words].concat();
    Run::from(program(&all).output().unwrap()).output
}

/// The problem with that subject, if there is one.
fn problem<'a>(said: &'a str, subject: &str) -> Option<&'a str> {
    said.lines().find(|line| line.strip_prefix("problem").is_some_and(|rest| rest.trim_start().starts_with(subject)))
}

#[sqlx::test(migrations = "../migrations")]
async fn it_says_what_a_pooler_in_transaction_mode_needs(pool: PgPool) {
    let direct = options(&pool).to_url_lossy().to_string();
    let pgbouncer = PgBouncer::start(&pool, "transaction", 20).await;
    let pooled = pgbouncer.url(&pool);

    let said = doctor(&["--database-url", &pooled]);
    assert!(problem(&said, "pooler").is_some_and(|line| line.contains("Set DATABASE_MIGRATE_URL")), "{said}");
    assert!(problem(&said, "notifications").is_some_and(|line| line.contains("Set DATABASE_LISTEN_URL")), "{said}");

    let said = doctor(&["--database-url", &pooled, "--migrate-database-url", &direct, "--listen-database-url", &pooled]);
    assert!(problem(&said, "notifications").is_some_and(|line| line.contains("leads directly to PostgreSQL")), "{said}");

    let said = doctor(&["--database-url", &pooled, "--migrate-database-url", &direct, "--listen-database-url", &direct]);
    assert!(problem(&said, "pooler").is_none() && said.contains("ok       notifications  they arrive"), "{said}");
}

#[sqlx::test(migrations = "../migrations")]
async fn it_finds_nothing_wrong_with_a_pooler_in_session_mode(pool: PgPool) {
    let pgbouncer = PgBouncer::start(&pool, "session", 20).await;
    let said = doctor(&["--database-url", &pgbouncer.url(&pool)]);
    assert!(problem(&said, "pooler").is_none() && said.contains("ok       notifications  they arrive"), "{said}");
}
