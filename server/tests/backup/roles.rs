//! Two roles: one owns the tables, the other one serves.

use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgPool};

use crate::{
    process::{backup, fill, path, run, second},
    run::program,
};

#[sqlx::test(migrations = "../migrations")]
async fn the_role_that_serves_can_use_what_is_restored_and_not_restore_itself(pool: PgPool) {
    fill(&pool).await;
    let (folder, file) = backup(&pool.connect_options());
    let target = second(&pool).await;
    let role = format!("serve_{}", std::process::id());
    target.execute(AssertSqlSafe(format!("create role {role} login"))).await.unwrap();
    let owner = target.connect_options();
    let serving = owner.as_ref().clone().username(&role);

    let words =
        ["restore", &file, "--database-url", serving.to_url_lossy().as_str(), "--migrate-database-url", owner.to_url_lossy().as_str()]
            .map(str::to_owned);
    let words = words.each_ref().map(String::as_str);
    let restored = program(&words).output().unwrap();
    assert!(restored.status.success(), "{restored:?}");
    let read = run(&serving, &["export"]);
    assert!(read.code == Some(0) && read.output.contains("my-app"), "{read:?}");

    for words in [&["backup", &path(folder.path().join("y"))][..], &["restore", &file, "--replace"]] {
        let refused = run(&serving, words);
        assert_eq!((refused.code, refused.output.as_str()), (Some(1), ""), "{refused:?}");
        assert!(refused.said.contains("as DATABASE_MIGRATE_URL"), "{}", refused.said);
    }
    target.execute(AssertSqlSafe(format!("drop owned by {role}; drop role {role}"))).await.unwrap();
}
