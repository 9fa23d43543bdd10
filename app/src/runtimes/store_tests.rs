//! What runtimes report, each test with its own database.

use sqlx::{AssertSqlSafe, PgPool};

use super::{
    Runtime, RuntimeRole, ServedSave,
    store::{acknowledge, database, delete, delete_stale, record_heartbeat},
};
use crate::fixtures::{create, other_app};

fn runtime(id: &str) -> Runtime {
    Runtime { id: id.into(), role: RuntimeRole::Portal }
}

async fn instance(pool: &PgPool, slug: &str, version: i64) -> i64 {
    create(pool, &other_app(slug)).await;
    let update = "update instances set version = $2 where slug = $1 returning id";
    sqlx::query_scalar(update).bind(slug).bind(version).fetch_one(pool).await.unwrap()
}

async fn rows(pool: &PgPool) -> Vec<(String, i64, i64)> {
    let query = "select runtime_id, instance_id, version from runtime_versions order by 1, 2";
    sqlx::query_as(query).fetch_all(pool).await.unwrap()
}

/// The last save of an instance.
async fn last_save(pool: &PgPool, instance: i64) -> ServedSave {
    let query = "select version, save_id from instances where id = $1";
    let (version, save_id) = sqlx::query_as(query).bind(instance).fetch_one(pool).await.unwrap();
    ServedSave { instance, version, save_id }
}

async fn save_again(pool: &PgPool, instance: i64, version: i64) {
    sqlx::query("update instances set version = $2 where id = $1").bind(instance).bind(version).execute(pool).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn only_the_last_save_can_be_reported_whatever_its_number(pool: PgPool) {
    let (one, two) = (instance(&pool, "one", 5).await, instance(&pool, "two", 7).await);
    let me = runtime("me");
    record_heartbeat(&pool, &me, &database(&pool).await.unwrap()).await.unwrap();
    let (first, other) = (last_save(&pool, one).await, last_save(&pool, two).await);
    let reported = acknowledge(&pool, &me, &[other, first, ServedSave { instance: 99, ..first }]).await.unwrap();
    assert!(reported.len() == 2 && reported.iter().all(|reported| reported.after >= 0.0), "{reported:?}");
    assert_eq!(rows(&pool).await, [("me".into(), one, 5), ("me".into(), two, 7)]);
    save_again(&pool, one, 4).await;
    assert_eq!(acknowledge(&pool, &me, &[first]).await.unwrap(), [], "it is not the last save any more");
    acknowledge(&pool, &me, &[last_save(&pool, one).await]).await.unwrap();
    assert_eq!(rows(&pool).await, [("me".into(), one, 4), ("me".into(), two, 7)], "a restore has lost version 5");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_write_of_a_version_is_another_save_also_one_by_a_server_that_knows_nothing_of_it(pool: PgPool) {
    let id = instance(&pool, "one", 2).await;
    let mut saves = vec![last_save(&pool, id).await.save_id];
    for version in [3, 2, 3] {
        save_again(&pool, id, version).await;
        saves.push(last_save(&pool, id).await.save_id);
    }
    // A row that comes back from a backup says which save it was.
    for statement in ["create table backup as table instances", "delete from changes", "delete from instances"] {
        let replica = "set session_replication_role = replica; ";
        sqlx::raw_sql(AssertSqlSafe(format!("{replica}{statement}; reset session_replication_role"))).execute(&pool).await.unwrap();
    }
    sqlx::raw_sql("insert into instances overriding system value table backup").execute(&pool).await.unwrap();
    saves.push(last_save(&pool, id).await.save_id);
    let count = saves.len();
    saves.sort_unstable();
    saves.dedup();
    assert_eq!(saves.len(), count);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_a_runtime_with_a_heartbeat_can_report_and_its_reports_end_with_it(pool: PgPool) {
    let one = instance(&pool, "one", 2).await;
    let (me, other, save) = (runtime("me"), runtime("other"), last_save(&pool, one).await);
    assert_eq!(acknowledge(&pool, &me, &[save]).await.unwrap(), []);
    for runtime in [&me, &other] {
        record_heartbeat(&pool, runtime, &database(&pool).await.unwrap()).await.unwrap();
        acknowledge(&pool, runtime, &[save]).await.unwrap();
    }
    delete(&pool, &me).await.unwrap();
    assert_eq!(rows(&pool).await, [("other".into(), one, 2)]);
    sqlx::query("update runtimes set seen_at = seen_at - interval '61 minutes'").execute(&pool).await.unwrap();
    delete_stale(&pool).await.unwrap();
    assert_eq!(rows(&pool).await, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn each_heartbeat_records_its_time_its_database_and_until_when_everything_is_served(pool: PgPool) {
    let me = runtime("me");
    let query = "select role, caught_up_at = $1 and database_identity = database_identity(), seen_at from runtimes";
    let mut before = None;
    for _ in 0..2 {
        let read = database(&pool).await.unwrap();
        record_heartbeat(&pool, &me, &read).await.unwrap();
        let (role, is_that, seen): (String, bool, time::OffsetDateTime) =
            sqlx::query_as(query).bind(read.now).fetch_one(&pool).await.unwrap();
        assert!(role == "portal" && is_that && Some(seen) > before);
        before = Some(seen);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_database_is_another_one_once_its_tables_were_made_anew(pool: PgPool) {
    let identity = async || database(&pool).await.unwrap().identity;
    let before = identity().await;
    assert_eq!(before, identity().await);
    assert_eq!(before.split(' ').count(), 4, "cluster, timeline, database, table: {before}");
    let anew = "alter table instances rename to before; create table instances (like before)";
    sqlx::raw_sql(anew).execute(&pool).await.unwrap();
    assert_ne!(before, identity().await);
}
