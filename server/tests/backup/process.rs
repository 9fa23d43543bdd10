//! The real binary, a database with something of everything, and one to restore into.

use std::path::PathBuf;

use app::{
    fixtures::{create_owned, my_app, other_app, owner, save_fallbacks, session},
    redirects::Flow,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool, postgres::PgConnectOptions};

use crate::run::{Run, program};

/// Runs the program with these words on a database.
pub(crate) fn run(database: &PgConnectOptions, words: &[&str]) -> Run {
    let url = database.to_url_lossy();
    program(&[words, &["--log", "warn,sqlx=warn", "--database-url", url.as_str()]].concat()).output().unwrap().into()
}

/// A folder, and a backup of that database in it.
#[track_caller]
pub(crate) fn backup(database: &PgConnectOptions) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path().join("everything.backup"));
    let done = run(database, &["backup", &file]);
    assert_eq!((done.code, done.said.as_str()), (Some(0), ""), "{done:?}");
    (folder, file)
}

/// A path as an argument.
pub(crate) fn path(path: PathBuf) -> String {
    path.into_os_string().into_string().unwrap()
}

/// Two instances with a history, an admin who is signed in, a visitor.
pub(crate) async fn fill(pool: &PgPool) {
    let owner = owner(pool).await;
    create_owned(pool, &owner, &my_app()).await;
    save_fallbacks(pool, &owner, "my-app", &[(Flow::SignIn, "/welcome?a=1#b"), (Flow::Logo, "https://www.myapp.com/")]).await;
    create_owned(pool, &owner, &other_app("shop")).await;
    session(pool, owner.admin.unwrap()).await;
    sqlx::query("insert into visitors (instance_id, email_address, password_hash) select id, 'ana@myapp.com', '$argon2id$\t\\.' from instances where slug = 'my-app'")
        .execute(pool)
        .await
        .unwrap();
}

/// A second database beside the one of a test: without any table.
pub(crate) async fn second(pool: &PgPool) -> PgPool {
    let first = pool.connect_options();
    // Each test is a process of its own, and the name of its database has no room for more.
    let name = format!("restored_{}", std::process::id());
    let mut connection = PgConnection::connect_with(&first).await.unwrap();
    connection.execute(AssertSqlSafe(format!("create database \"{name}\" template template0"))).await.unwrap();
    PgPool::connect_with(first.as_ref().clone().database(&name)).await.unwrap()
}

/// Every row of every table, but for those that describe running servers.
pub(crate) async fn rows(pool: &PgPool) -> Vec<String> {
    let mut rows = Vec::new();
    for (table, _) in server::database::privileges::TABLES {
        if server::database::privileges::OF_RUNNING_SERVERS.contains(table) {
            continue;
        }
        let of_table = format!("select '{table}: ' || t::text from {table} t order by t::text");
        rows.extend(sqlx::query_scalar::<_, String>(AssertSqlSafe(of_table)).fetch_all(pool).await.unwrap());
    }
    rows
}
