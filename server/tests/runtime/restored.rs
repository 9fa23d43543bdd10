//! A backup is restored under running processes, with PostgreSQL's own programs: what is stored then is served, whatever its number.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use app::{fixtures, history::Actor, redirects::Flow, runtimes::live::wait_until_live};
use sqlx::PgPool;

use crate::process::{Process, by_notification, create, often, options, until};

const SLUG: &str = "app";

/// Saves a fallback redirect, and returns the version.
async fn save(pool: &PgPool, after_sign_in: &str) -> i64 {
    fixtures::save_fallbacks(pool, &Actor::server(), SLUG, &[(Flow::SignIn, after_sign_in)]).await
}

/// Runs one of PostgreSQL's programs on a test's database.
fn run(program: &str, pool: &PgPool, arguments: &[&str]) -> Output {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = debian.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    let folder = newest.map_or_else(PathBuf::new, |version| format!("/usr/lib/postgresql/{version}/bin").into());
    let options = options(pool);
    let mut command = Command::new(folder.join(program));
    command.args(arguments).env("PGUSER", options.get_username()).env("PGPORT", options.get_port().to_string());
    command.env("PGHOST", options.get_socket().map_or(Path::new(options.get_host()), PathBuf::as_path));
    command.env("PGDATABASE", options.get_database().unwrap()).output().unwrap()
}

/// A backup of a whole database.
struct Backup(tempfile::TempDir);

impl Backup {
    fn of(pool: &PgPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backup = Self(folder);
        let dumped = run("pg_dump", pool, &["--format=custom", "--file", &backup.file()]);
        assert!(dumped.status.success(), "{dumped:?}");
        backup
    }

    fn file(&self) -> String {
        self.0.path().join("backup").display().to_string()
    }

    /// Puts it in the place of what is there.
    fn restore(&self, pool: &PgPool) {
        let (options, file) = (options(pool), self.file());
        let clean = ["--clean", "--if-exists", "--single-transaction", "--dbname", options.get_database().unwrap(), &file];
        // It may lock the tables in another order than a process that is just reading them. Then PostgreSQL ends one of the two.
        let restored = std::iter::repeat_with(|| run("pg_restore", pool, &clean)).take(20);
        let mut failed = restored.take_while(|restored| !restored.status.success()).collect::<Vec<_>>();
        assert!(failed.len() < 20, "{:?}", failed.pop());
    }
}

/// Once the dashboard says that the stored version is live on both, they serve it.
async fn assert_live_and_served(pool: &PgPool, processes: &[&Process], version: i64, after_sign_in: &str) {
    let instance = fixtures::find(pool, SLUG).await.id;
    until(async || {
        let live = wait_until_live(pool, instance).await.unwrap().unwrap();
        assert_eq!(live.version, version);
        let is_live =
            |process: &&&Process| live.runtimes.iter().any(|runtime| runtime.is_live && process.runtime.as_ref().unwrap().id == runtime.id);
        processes.iter().filter(is_live).count() == processes.len()
    })
    .await;
    for process in processes {
        assert_eq!((process.version(SLUG).await, process.after_sign_in(SLUG).await), (Ok(version), Ok(after_sign_in.to_owned())));
    }
}

/// Two processes that serve version 4, of which the backup has version 2.
async fn two_processes_and_a_backup(pool: &PgPool) -> (Process, Process, Backup) {
    create(pool, SLUG).await;
    save(pool, "/good").await;
    let backup = Backup::of(pool);
    let one = Process::start(options(pool), by_notification()).await;
    let two = Process::start(options(pool), often()).await;
    for path in ["/lost", "/lost-too"] {
        save(pool, path).await;
    }
    for process in [&one, &two] {
        process.until_version(SLUG, 4).await;
    }
    (one, two, backup)
}

#[sqlx::test(migrations = "../migrations")]
async fn one_save_after_a_restore_is_live_everywhere_although_its_number_is_lower(pool: PgPool) {
    let (one, two, backup) = two_processes_and_a_backup(&pool).await;
    backup.restore(&pool);
    assert_eq!(save(&pool, "/after").await, 3);
    assert_live_and_served(&pool, &[&one, &two], 3, "/after").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn after_a_restore_a_save_with_the_number_of_a_lost_one_is_served(pool: PgPool) {
    let (one, two, backup) = two_processes_and_a_backup(&pool).await;
    backup.restore(&pool);
    for (version, path) in [(3, "/after"), (4, "/after-too")] {
        assert_eq!(save(&pool, path).await, version);
    }
    assert_live_and_served(&pool, &[&one, &two], 4, "/after-too").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_restore_without_a_save_is_served_after_the_next_comparison(pool: PgPool) {
    let (_one, two, backup) = two_processes_and_a_backup(&pool).await;
    backup.restore(&pool);
    until(async || two.after_sign_in(SLUG).await == Ok("/good".to_owned())).await;
    assert_eq!(two.version(SLUG).await, Ok(2));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_restored_into_the_tables_of_the_running_database_is_served_too(pool: PgPool) {
    let (one, two, backup) = two_processes_and_a_backup(&pool).await;
    // The tables stay, so it looks like the same database. Nothing is announced either.
    sqlx::raw_sql(
        "set session_replication_role = replica; delete from instances; delete from fallback_redirects; reset session_replication_role",
    )
    .execute(&pool)
    .await
    .unwrap();
    let (options, file) = (options(&pool), backup.file());
    let whole = ["--single-transaction", "--data-only", "--disable-triggers", "--dbname", options.get_database().unwrap(), &file];
    let tables = [&["--table=instances", "--table=fallback_redirects"], &whole[..]].concat();
    let restored = run("pg_restore", &pool, &tables);
    assert!(restored.status.success(), "{restored:?}");
    until(async || two.after_sign_in(SLUG).await == Ok("/good".to_owned())).await;
    // It does not announce anything: the other process would find it a few seconds later.
    drop(one);
    assert_live_and_served(&pool, &[&two], 2, "/good").await;
}
