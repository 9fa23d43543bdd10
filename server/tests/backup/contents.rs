//! What is backed up is restored.

use std::{fs, os::unix::fs::PermissionsExt};

use app::fixtures::{create, other_app};
use sqlx::PgPool;

use crate::process::{backup, fill, rows, run, second};

#[sqlx::test(migrations = "../migrations")]
async fn every_row_is_restored_into_an_empty_database(pool: PgPool) {
    fill(&pool).await;
    let (_folder, file) = backup(&pool.connect_options());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let target = second(&pool).await;
    let restored = run(&target.connect_options(), &["restore", &file]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert!(restored.output.starts_with("Restored 2 instances, 5 changes, 1 admin and 1 visitor from "), "{}", restored.output);
    let expected = rows(&pool).await;
    assert!(expected.iter().any(|row| row.starts_with("admin_sessions: ")), "{expected:?}");
    assert_eq!(rows(&target).await, expected);

    // Keys go on where they ended: the next rows don't collide.
    create(&target, &other_app("third")).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_never_overwritten_and_none_is_left_of_a_backup_that_fails(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let file = crate::process::path(folder.path().join("x"));
    fs::write(&file, "precious").unwrap();
    let refused = run(&pool.connect_options(), &["backup", &file]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.said.contains("exists already. Choose another name"), "{}", refused.said);
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    fs::remove_file(&file).unwrap();

    let empty = second(&pool).await;
    let refused = run(&empty.connect_options(), &["backup", &file]);
    assert!(refused.code == Some(1) && refused.said.contains("there is nothing to back up"), "{refused:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_belongs_to_other_programs_is_neither_backed_up_nor_in_the_way(pool: PgPool) {
    fill(&pool).await;
    let foreign = "create schema other; create table other.foreign_table (id bigint); insert into other.foreign_table values (1); select lo_from_bytea(0, 'x')";
    sqlx::raw_sql(foreign).execute(&pool).await.unwrap();
    let (_folder, file) = backup(&pool.connect_options());
    // Into itself, and into a database that has the same already.
    for target in [pool.clone(), second(&pool).await] {
        sqlx::raw_sql("create schema if not exists other; create table if not exists other.foreign_table (id bigint)")
            .execute(&target)
            .await
            .unwrap();
        let restored = run(&target.connect_options(), &["restore", &file, "--replace"]);
        assert_eq!(restored.code, Some(0), "{restored:?}");
        assert_eq!(rows(&target).await, rows(&pool).await);
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from other.foreign_table").fetch_one(&pool).await.unwrap();
    assert_eq!(kept, 1);

    // A view of somebody else's is never dropped with our tables.
    sqlx::raw_sql("create view other.report as select slug from public.instances").execute(&pool).await.unwrap();
    let before = rows(&pool).await;
    let refused = run(&pool.connect_options(), &["restore", &file, "--replace"]);
    assert!(refused.code == Some(1) && refused.said.contains("view other.report depends on table instances"), "{refused:?}");
    assert_eq!(rows(&pool).await, before);
}
