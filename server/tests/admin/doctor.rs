//! `doctor` on a set-up that is right, and on each mistake that can be made with it.

use std::fs;

use app::fixtures::{create, other_app};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool};

use crate::run::{Run, program};

/// A database with two roles that is set up as it should be.
struct Setup {
    pool: PgPool,
    role: String,
    folder: tempfile::TempDir,
}

impl Setup {
    async fn new(pool: PgPool) -> Self {
        let role = format!("doctor_{}", std::process::id());
        pool.execute(AssertSqlSafe(format!("create role {role} login"))).await.unwrap();
        let setup = Self { pool, role, folder: tempfile::tempdir().unwrap() };
        let owner = setup.owner();
        let migrated = run(&["migrate", "--database-url", &setup.serving(), "--migrate-database-url", &owner]);
        assert_eq!(migrated.0, Some(0), "{migrated:?}");
        setup
    }

    fn owner(&self) -> String {
        self.pool.connect_options().to_url_lossy().to_string()
    }

    fn serving(&self) -> String {
        self.pool.connect_options().as_ref().clone().username(&self.role).to_url_lossy().to_string()
    }

    /// Runs `doctor` with the right options, and these as well. Later ones count.
    fn doctor(&self, words: &[&str]) -> (Option<i32>, String) {
        let (serving, data) = (self.serving(), self.folder.path().join("data"));
        let mut all = vec!["doctor"];
        for (name, value) in [("--database-url", serving.as_str()), ("--data-dir", data.to_str().unwrap()), ("--target-checks", "private")]
        {
            if !words.contains(&name) {
                all.extend([name, value]);
            }
        }
        run(&[&all[..], words].concat())
    }

    /// Checks that a mistake is found, and alone makes the command fail.
    #[track_caller]
    fn finds(&self, words: &[&str], problem: &str) {
        let (code, said) = self.doctor(words);
        let problems: Vec<&str> = said.lines().filter(|line| line.starts_with("problem ")).collect();
        assert!(code == Some(1) && problems.iter().any(|line| line.contains(problem)), "{problem}: {said}");
        assert!(said.contains(", 1 problem."), "{problem}: {said}");
    }

    async fn execute(&self, statement: &str) {
        self.pool.execute(AssertSqlSafe(statement.replace("ROLE", &self.role))).await.unwrap();
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        // A role belongs to all databases: what is left of it would stay behind.
        let (options, role) = (self.pool.connect_options(), self.role.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect_with(&options).await.unwrap();
                connection.execute(AssertSqlSafe(format!("drop owned by {role}; drop role {role}"))).await.unwrap();
            });
        })
        .join()
        .unwrap();
    }
}

fn run(words: &[&str]) -> (Option<i32>, String) {
    let Run { code, output, said } = program(&[words, &["--log", "error"]].concat()).output().unwrap().into();
    (code, output + &said)
}

#[sqlx::test]
async fn it_finds_nothing_wrong_with_what_is_right(pool: PgPool) {
    let setup = Setup::new(pool).await;
    let (code, said) = setup.doctor(&["--migrate-database-url", &setup.owner()]);
    assert!(code == Some(0) && said.ends_with(", 0 problems.\n"), "{said}");
    for expected in [
        "ok       options",
        "ok       database       PostgreSQL ",
        "ok       schema",
        "ok       clock",
        "ok       notifications  they arrive",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(said.contains(&format!("ok       roles          {} has the privileges that it needs", setup.role)), "{said}");
}

#[sqlx::test]
async fn it_names_each_mistake_in_the_options(pool: PgPool) {
    let setup = Setup::new(pool).await;
    setup.finds(&["--listen", "0.0.0.0:3000"], "passwords must not travel without TLS");
    setup.finds(&["--role", "portal"], "Set --client-address to the header that the proxy sets");
    setup.finds(&["--snapshot-file", "/does/not/exist/snapshot"], "can't write to /does/not/exist");
    setup.finds(&["--database-url", "mysql://localhost/x"], "mysql");
    setup.finds(&["--listen-database-url", "postgres://localhost/x?colour=red"], "colour");
    setup.finds(&["--database-url", "postgres://a:secret@127.0.0.1:1/x"], "(DATABASE_URL)");
    assert!(!setup.doctor(&["--database-url", "postgres://a:secret@127.0.0.1:1/x"]).1.contains("secret"));
    setup.finds(&["--url", "https://dashboard.invalid"], "the host name has no address");
    setup.finds(&["--migrate-database-url", &setup.serving()], "can't create tables. Grant it that");
    let mail = ["--smtp-url", "smtp://ana:hunter2hunter2@127.0.0.1:1?tls=none", "--mail-from", "no-reply@myapp.com"];
    setup.finds(&mail, "127.0.0.1:1 without TLS does not let this server in");
    setup.finds(&mail[..2], "--smtp-url needs --mail-from as well");
    setup.finds(&["--smtp-url", "smtp://ana:hunter2hunter2@mail.test?tls=none", "--mail-from", "a@b.c"], "on this machine only");
    assert!(!setup.doctor(&mail).1.contains("hunter2"));
    assert!(setup.doctor(&[]).1.contains("note     mail           no mail is sent"));
    let elsewhere = setup.pool.connect_options().as_ref().clone().database("postgres").to_url_lossy().to_string();
    setup.finds(&["--listen-database-url", &elsewhere], "notifications");
}

#[sqlx::test]
async fn it_names_each_mistake_in_the_database(pool: PgPool) {
    let setup = Setup::new(pool).await;
    setup.execute("revoke insert on changes from ROLE").await;
    setup.finds(&[], "lacks privileges: insert on changes. Run `portal-redirects migrate`");
    setup.execute("grant insert on changes to ROLE").await;

    setup.execute("alter role ROLE set default_transaction_read_only = on").await;
    setup.finds(&[], "it is read-only, as a replica is");
    setup.execute("alter role ROLE reset default_transaction_read_only").await;

    setup.execute("alter role ROLE connection limit 10").await;
    setup.finds(&[], "a server opens up to 16 connections, and PostgreSQL allows 10");
    setup.execute("alter role ROLE connection limit -1").await;

    // A clock that is a minute ahead stands before PostgreSQL's own.
    let ahead = "create function public.clock_timestamp() returns timestamptz language sql as
        $$ select pg_catalog.clock_timestamp() + interval '1 minute' $$";
    setup.execute(ahead).await;
    setup.execute("alter role ROLE set search_path = public, pg_catalog").await;
    setup.finds(&[], "this machine and PostgreSQL differ by ");
    setup.execute("alter role ROLE reset search_path").await;
    setup.execute("drop function public.clock_timestamp()").await;

    create(&setup.pool, &app::redirects::Settings { portal_origin: "https://accounts.nowhere.invalid".into(), ..other_app("nowhere") })
        .await;
    setup.finds(&[], "https://accounts.nowhere.invalid of the instance nowhere: Not in DNS");
    setup.execute("delete from _sqlx_migrations where version = 15").await;
    let (code, said) = setup.doctor(&["--target-checks", "off"]);
    assert!(
        code == Some(1) && said.contains("problem  schema         the database's schema is not up to date: migration 15 is missing"),
        "{said}"
    );
}

#[test]
fn it_names_what_is_wrong_with_a_private_postgres() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("postgres")).unwrap();
    fs::write(folder.path().join("postgres/PG_VERSION"), "9\n").unwrap();
    let (code, said) = run(&["doctor", "--data-dir", folder.path().to_str().unwrap()]);
    assert!(
        code == Some(1)
            && said.contains("problem  PostgreSQL     version 9 has created the private PostgreSQL, and is not on this machine"),
        "{said}"
    );
    assert!(said.contains("note     database       no server runs the private PostgreSQL"), "{said}");
}
