//! Migrating with one role, with two, and with one that may not.

use std::process::{Command, Output};

use app::{fixtures::remove_schema, instances::store};
use clap::Parser;
use server::{cli::Cli, database::Database};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};

use super::{is_refused, options_of, role, run, without_role};

fn url(pool: &PgPool, role: &str) -> String {
    options_of(pool, role).to_url_lossy().to_string()
}

/// Migrates as the server does at its start, with these roles in its URLs.
async fn migrate(pool: &PgPool, serving: &str, owner: Option<&str>) -> Result<(), String> {
    // Whatever the variables of the environment say, a flag goes before them.
    let owner = owner.map_or_else(String::new, |owner| url(pool, owner));
    let cli = Cli::parse_from(["portal-redirects", "--database-url", &url(pool, serving), "--migrate-database-url", &owner]);
    let database = Database::open(&cli.config).await.unwrap();
    let done = database.migrate().await.map_err(|error| format!("{error:#}"));
    database.close().await;
    done
}

#[sqlx::test]
async fn one_role_migrates_and_gives_the_other_one_its_rights_and_no_more(pool: PgPool) {
    remove_schema(&pool).await;
    let (owner, serving) = (role(&pool, "owner").await, role(&pool, "serve").await);
    run(&pool, format!("grant create on schema public to {owner}")).await.unwrap();

    let nobody = migrate(&pool, &serving, None).await.unwrap_err();
    assert!(nobody.contains("Run `portal-redirects migrate` with the same --database-url"), "{nobody}");
    migrate(&pool, &serving, Some(&owner)).await.unwrap();
    migrate(&pool, &serving, None).await.unwrap();

    // What somebody has given it by hand is gone after the next migration.
    run(&pool, format!("grant update, truncate on changes to {serving}")).await.unwrap();
    migrate(&pool, &serving, Some(&owner)).await.unwrap();
    let mut connection = PgConnection::connect_with(&options_of(&pool, &serving)).await.unwrap();
    for statement in ["update changes set who = ''", "truncate changes"] {
        let done = run(&mut connection, statement.to_owned()).await;
        assert!(is_refused(&done), "{statement}: {done:?}");
    }

    // A schema that is behind is not migrated by who may not.
    run(&pool, "delete from _sqlx_migrations where version = 2".to_owned()).await.unwrap();
    let behind = migrate(&pool, &serving, None).await.unwrap_err();
    assert!(behind.contains("migration 2 is missing"), "{behind}");
    connection.close().await.unwrap();
    without_role(&pool, &serving).await;
    without_role(&pool, &owner).await;
}

#[sqlx::test]
async fn one_role_may_do_both(pool: PgPool) {
    remove_schema(&pool).await;
    let owner = pool.connect_options().get_username().to_owned();
    for other in [None, Some(owner.as_str())] {
        migrate(&pool, &owner, other).await.unwrap();
        assert!(!store::ever_had_one(&pool).await.unwrap());
    }
}

/// Runs the real binary, far from every other database.
fn command(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portal-redirects"))
        .args(arguments)
        .args(["--database-url", "", "--data-dir", "/dev/null/none"])
        .output()
        .unwrap()
}

#[sqlx::test]
async fn the_command_migrates_with_the_owners_url_alone(pool: PgPool) {
    remove_schema(&pool).await;
    let owner = pool.connect_options().get_username().to_owned();
    let owner = ["--migrate-database-url", &url(&pool, &owner)];
    let done = command(&[&["migrate"], &owner[..]].concat());
    assert!(done.status.success(), "{done:?}");
    assert!(!store::ever_had_one(&pool).await.unwrap());

    let served = command(&[&["serve", "--listen", "127.0.0.1:0"], &owner[..]].concat());
    let said = String::from_utf8(served.stderr).unwrap();
    assert!(!served.status.success() && said.contains("Set --database-url for the role that serves"), "{said}");
}

#[test]
fn a_url_that_is_none_is_said_without_its_password() {
    let done = command(&["migrate", "--migrate-database-url", "postgres://owner:secret@host:port/database"]);
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(
        !done.status.success() && said.contains("DATABASE_MIGRATE_URL has a port that is not a number") && !said.contains("secret"),
        "{said}"
    );
}
