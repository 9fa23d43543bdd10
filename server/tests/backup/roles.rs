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

    // The role keeps its privileges, even if only the owner's URL is given.
    let again = run(&owner, &["restore", &file, "--replace"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(run(&serving, &["export"]).code, Some(0));

    // Two URLs that lead to different databases, also as the same role: neither is touched.
    for role in [&role, owner.get_username()] {
        let elsewhere = pool.connect_options().as_ref().clone().username(role).to_url_lossy().to_string();
        let words = ["restore", &file, "--replace", "--database-url", &elsewhere, "--migrate-database-url", owner.to_url_lossy().as_str()]
            .map(str::to_owned);
        let refused = program(&words.each_ref().map(String::as_str)).output().unwrap();
        assert!(String::from_utf8_lossy(&refused.stderr).contains("lead to different databases"), "{role}: {refused:?}");
    }

    for words in [&["backup", &path(folder.path().join("y"))][..], &["restore", &file, "--replace"]] {
        let refused = run(&serving, words);
        assert_eq!((refused.code, refused.output.as_str()), (Some(1), ""), "{refused:?}");
        assert!(refused.said.contains("as DATABASE_MIGRATE_URL"), "{}", refused.said);
    }
    target.execute(AssertSqlSafe(format!("drop owned by {role}; drop role {role}"))).await.unwrap();
}
