//! What a runtime reports to the database about itself.

use server::database::connector::Connector;
use sqlx::{PgPool, Row};

use crate::process::{Process, by_notification, create, often, options, save, until};

/// The version of an instance that a runtime has reported.
async fn reported(pool: &PgPool, process: &Process, slug: &str) -> Option<i64> {
    let query = "select r.version from runtime_versions r join instances i on i.id = r.instance_id where runtime_id = $1 and slug = $2";
    sqlx::query_scalar(query).bind(&process.runtime.as_ref().unwrap().id).bind(slug).fetch_optional(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn each_runtime_reports_every_announced_version_whether_or_not_it_is_in_memory(pool: PgPool) {
    for slug in ["warm", "cold"] {
        create(&pool, slug).await;
    }
    let (one, two) = (Process::start(options(&pool), by_notification()).await, Process::start(options(&pool), by_notification()).await);
    assert_eq!(one.version("warm").await, Ok(1));
    for _ in 0..3 {
        for slug in ["warm", "cold"] {
            let version = save(&pool, slug).await;
            for process in [&one, &two] {
                until(async || reported(&pool, process, slug).await == Some(version)).await;
                assert_eq!(process.version(slug).await, Ok(version), "the reported version is served");
            }
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn its_heartbeat_says_when_it_had_caught_up(pool: PgPool) {
    let process = Process::start(options(&pool), often()).await;
    let seen = "select role, caught_up_at <= seen_at, caught_up_at >= started_at - interval '1 minute', seen_at > started_at from runtimes where id = $1";
    let runtime = process.runtime.clone().unwrap();
    until(async || {
        let row = sqlx::query(seen).bind(&runtime.id).fetch_optional(&pool).await.unwrap();
        row.is_some_and(|row| row.get::<String, _>(0) == "all" && (1..4).all(|column| row.get::<bool, _>(column)))
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn runtimes_that_were_not_seen_for_an_hour_are_deleted_by_the_others(pool: PgPool) {
    create(&pool, "app").await;
    let gone = "insert into runtimes (id, role, seen_at) values ('gone', 'all', now() - interval '61 minutes'), ('late', 'portal', now() - interval '59 minutes')";
    sqlx::query(gone).execute(&pool).await.unwrap();
    sqlx::query("insert into runtime_versions select 'gone', id, 1 from instances").execute(&pool).await.unwrap();
    let _process = Process::start(options(&pool), often()).await;
    let there = async || {
        sqlx::query_scalar::<_, String>("select id from runtimes where id in ('gone', 'late') order by id").fetch_all(&pool).await.unwrap()
    };
    until(async || there().await == ["late"]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn with_a_read_only_database_instances_are_kept_up_to_date_too(pool: PgPool) {
    create(&pool, "app").await;
    let reading = options(&pool).options([("default_transaction_read_only", "on")]);
    let process = Process::without_listener(options(&pool))
        .listening(by_notification(), |listener| listener.with_connector(Connector::to(reading)))
        .await;
    assert_eq!(process.version("app").await, Ok(1));
    for _ in 0..3 {
        let version = save(&pool, "app").await;
        process.until_version("app", version).await;
    }
    assert!(process.snapshots.status().connected);
    let rows: i64 = sqlx::query_scalar("select count(*) from runtimes").fetch_one(&pool).await.unwrap();
    assert_eq!(rows, 0);
}
