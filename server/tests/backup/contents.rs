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
