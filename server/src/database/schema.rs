//! The schema: the role that owns it migrates it, other roles only check it.

use std::{collections::BTreeMap, sync::LazyLock};

use anyhow::Context;
use app::database::timed_on;
use sqlx::{Connection, PgConnection, migrate::Migrator};

use super::{
    connector::Connector,
    migration_lock::{self, LOCK_TIMEOUT},
    pooler,
};

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("../migrations");
    // Its own lock is one of the session, which would stay behind on a pooler's connection.
    migrator.set_locking(false);
    migrator
});

/// The functions that the migrations make, with their arguments.
pub(crate) const FUNCTIONS: [&str; 7] = [
    "changes_are_append_only()",
    "database_identity()",
    "instances_ask_for_checks()",
    "instances_begin_a_save()",
    "instances_say_their_version()",
    "visitor_sessions_say_their_end()",
    "visitor_sessions_say_their_new_token()",
];

/// The first of these migrations that this program does not have.
pub(crate) fn first_unknown(versions: impl IntoIterator<Item = i64>) -> Option<i64> {
    versions.into_iter().find(|version| !MIGRATOR.version_exists(*version))
}

/// Refuses a schema that a newer version of this program has migrated.
///
/// # Errors
/// It is newer, or can't be read.
pub(crate) async fn refuse_newer(connection: &mut PgConnection) -> anyhow::Result<()> {
    let versions: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations order by version").fetch_all(connection).await?;
    first_unknown(versions).map_or(Ok(()), |version| Err(newer(version)))
}

fn newer(version: i64) -> anyhow::Error {
    anyhow::anyhow!("a newer portal-redirects has migrated the database: it has migration {version}")
}

/// Migrates the schema if it is behind, in one transaction that has a lock, because two servers may start at once.
///
/// # Errors
/// The schema does not belong to this program, the connection leads to a pooler in transaction mode, another server migrates for too long,
/// or PostgreSQL returns an error.
pub(super) async fn migrate(connector: &Connector, connection: &mut PgConnection) -> anyhow::Result<()> {
    if check(connection).await.is_ok() {
        return Ok(());
    }
    // Even a transaction is not safe there: settings that a migration needs could be another client's.
    pooler::refuse(connector, connection, "the schema must be migrated").await?;
    let mut transaction = connection.begin().await?;
    migration_lock::take(&mut transaction, LOCK_TIMEOUT).await?;
    MIGRATOR.run(&mut *transaction).await.context("can't migrate the database's schema")?;
    Ok(transaction.commit().await?)
}

/// Whether the connection's role may create tables, and therefore migrate.
///
/// # Errors
/// The query fails.
pub(crate) async fn may_migrate(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select coalesce(has_schema_privilege(current_schema(), 'create'), false)").fetch_one(timed_on(connection)).await
}

/// Checks that the schema is the one that this program needs.
///
/// # Errors
/// It is not, or the role can't read it.
pub(crate) async fn check(connection: &mut PgConnection) -> anyhow::Result<()> {
    let rows: Vec<(i64, Vec<u8>, bool)> = sqlx::query_as("select version, checksum, success from _sqlx_migrations")
        .fetch_all(timed_on(connection))
        .await
        .with_context(|| format!("the role that serves can't read the database's schema. {MIGRATE}"))?;
    let applied: BTreeMap<i64, Vec<u8>> = rows.into_iter().filter(|row| row.2).map(|row| (row.0, row.1)).collect();
    compare(&applied)
}

/// How to fix a schema that is out of date, or privileges that are missing.
const MIGRATE: &str = "Run `portal-redirects migrate` with the same --database-url, and with the URL of the role that owns the tables as --migrate-database-url";

fn compare(applied: &BTreeMap<i64, Vec<u8>>) -> anyhow::Result<()> {
    let needed: BTreeMap<i64, &[u8]> = MIGRATOR.iter().map(|migration| (migration.version, &*migration.checksum)).collect();
    if let Some(version) = first_unknown(applied.keys().copied()) {
        return Err(newer(version));
    }
    for (version, checksum) in needed {
        match applied.get(&version) {
            None => anyhow::bail!("the database's schema is not up to date: migration {version} is missing. {MIGRATE}"),
            Some(found) if found != checksum => {
                anyhow::bail!("the database's schema does not belong to this program: its migration {version} is different")
            }
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> BTreeMap<i64, Vec<u8>> {
        MIGRATOR.iter().map(|migration| (migration.version, migration.checksum.to_vec())).collect()
    }

    fn error(applied: &BTreeMap<i64, Vec<u8>>) -> String {
        compare(applied).unwrap_err().to_string()
    }

    #[test]
    fn all_migrations_run_in_one_transaction() {
        assert!(MIGRATOR.iter().all(|migration| !migration.no_tx), "PostgreSQL refuses such a statement inside a transaction");
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn the_functions_are_those_that_the_migrations_make(pool: sqlx::PgPool) {
        let made = "select proname || '(' || pg_get_function_arguments(oid) || ')' from pg_proc where pronamespace = current_schema()::regnamespace order by 1";
        let made: Vec<String> = sqlx::query_scalar(made).fetch_all(&pool).await.unwrap();
        assert_eq!(made, FUNCTIONS);
    }

    #[test]
    fn an_error_says_how_to_fix_a_schema_that_does_not_match() {
        assert!(compare(&all()).is_ok());
        let mut behind = all();
        behind.remove(&2);
        assert!(error(&behind).contains("migration 2 is missing. Run `portal-redirects migrate`"), "{}", error(&behind));
        let mut newer = all();
        newer.insert(9999, Vec::new());
        assert!(error(&newer).contains("newer portal-redirects"), "{}", error(&newer));
        let mut different = all();
        different.insert(1, vec![0; 48]);
        assert!(error(&different).contains("its migration 1 is different"), "{}", error(&different));
    }
}
