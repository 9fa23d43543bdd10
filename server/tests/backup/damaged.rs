//! Files that are no backups, or not whole: nothing changes.

use std::fs;

use sqlx::PgPool;

use crate::process::{backup, fill, rows, run, second};

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_is_not_a_whole_backup_changes_nothing(pool: PgPool) {
    fill(&pool).await;
    // Large enough to be read in several pieces.
    sqlx::query("insert into waitlist_entries (instance_id, email_address) select i.id, n || md5(n::text) || '@myapp.com' from instances i, generate_series(1, 20000) n")
        .execute(&pool)
        .await
        .unwrap();
    let (folder, file) = backup(&pool.connect_options());
    let whole = fs::read(&file).unwrap();
    let target = second(&pool).await;
    let options = target.connect_options();
    assert_eq!(run(&options, &["restore", &file]).code, Some(0));
    let before = rows(&target).await;
    let damaged = crate::process::path(folder.path().join("damaged"));
    for (content, expected) in [
        (&b""[..], "can't be read as a backup"),
        (b"garbage", "can't be read as a backup"),
        (&whole[..100], "can't be read as a backup"),
        (&whole[..whole.len() - 1_000], "nothing was restored, because the backup is damaged"),
        (&whole[..whole.len() / 2], "damaged"),
    ] {
        fs::write(&damaged, content).unwrap();
        let refused = run(&options, &["restore", &damaged, "--replace"]);
        assert_eq!((refused.code, refused.output.as_str()), (Some(1), ""), "{expected} {refused:?}");
        assert!(refused.said.contains(expected), "{expected}: {}", refused.said);
        assert_eq!(rows(&target).await, before, "{expected}");
    }
    let refused = run(&options, &["restore", "/does/not/exist"]);
    assert!(refused.said.contains("can't read /does/not/exist"), "{}", refused.said);
}
