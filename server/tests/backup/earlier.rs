//! Backups of other versions: those of earlier ones are brought up to date, and those of later ones are refused.

use app::fixtures::remove_schema;
use sqlx::PgPool;

use crate::process::{backup, fill, run, second};

#[sqlx::test]
async fn a_backup_of_an_earlier_version_is_brought_up_to_date(pool: PgPool) {
    remove_schema(&pool).await;
    let mut earlier = sqlx::migrate!("../migrations");
    earlier.migrations.to_mut().truncate(12);
    earlier.run(&pool).await.unwrap();
    let (_folder, file) = backup(&pool.connect_options());
    let target = second(&pool).await;
    let restored = run(&target.connect_options(), &["restore", &file]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let newest: i64 = sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(&target).await.unwrap();
    assert_eq!(newest, sqlx::migrate!("../migrations").iter().map(|migration| migration.version).max().unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_later_version_is_refused_before_anything_changes(pool: PgPool) {
    fill(&pool).await;
    let target = second(&pool).await;
    let (_folder, now) = backup(&pool.connect_options());
    let later =
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, '', 0)";
    sqlx::query(later).execute(&pool).await.unwrap();
    let (_other, file) = backup(&pool.connect_options());
    let refused = run(&target.connect_options(), &["restore", &file]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.said.contains("a newer portal-redirects wrote") && refused.said.contains("migration 9999"), "{}", refused.said);

    // Nor is a later database replaced by what this version would put there.
    let refused = run(&pool.connect_options(), &["restore", &now, "--replace"]);
    assert!(refused.code == Some(1) && refused.said.contains("a newer portal-redirects has migrated the database"), "{refused:?}");
}
