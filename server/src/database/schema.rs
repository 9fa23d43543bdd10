//! The schema: brought up to date by the role that owns it; whoever may not do that only looks whether it is.

use std::collections::BTreeMap;

use anyhow::Context;
use sqlx::PgConnection;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// Brings the schema up to date, under an advisory lock: two servers may start at once.
///
/// # Errors
/// It is not from this program, or PostgreSQL.
pub(super) async fn migrate(connection: &mut PgConnection) -> anyhow::Result<()> {
    MIGRATOR.run(connection).await.context("the database's schema can't be brought up to date")
}

/// Whether the connection's role may create tables, and so migrate.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub(super) async fn may_migrate(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select coalesce(has_schema_privilege(current_schema(), 'create'), false)").fetch_one(connection).await
}

/// Looks whether the schema is the one that this program needs.
///
/// # Errors
/// It is another, or can't be read.
pub(super) async fn check(connection: &mut PgConnection) -> anyhow::Result<()> {
    let rows: Vec<(i64, Vec<u8>, bool)> = sqlx::query_as("select version, checksum, success from _sqlx_migrations")
        .fetch_all(connection)
        .await
        .with_context(|| format!("the database's schema can't be read by the role that serves. {MEND}"))?;
    let there: BTreeMap<i64, Vec<u8>> = rows.into_iter().filter(|row| row.2).map(|row| (row.0, row.1)).collect();
    compare(&there)
}

/// What makes the schema, and the rights to it, as they should be.
const MEND: &str = "Run `portal-redirects migrate` with the URL of the role that owns the tables as --migrate-database-url, beside the same --database-url";

fn compare(there: &BTreeMap<i64, Vec<u8>>) -> anyhow::Result<()> {
    let needed: BTreeMap<i64, &[u8]> = MIGRATOR.iter().map(|migration| (migration.version, &*migration.checksum)).collect();
    if let Some(version) = there.keys().find(|version| !needed.contains_key(version)) {
        anyhow::bail!("the database's schema is from a newer portal-redirects than this one: it has migration {version}");
    }
    for (version, checksum) in needed {
        match there.get(&version) {
            None => anyhow::bail!("the database's schema is not up to date: migration {version} is missing. {MEND}"),
            Some(found) if found != checksum => {
                anyhow::bail!("the database's schema is not from this program: its migration {version} is another one")
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

    fn error(there: &BTreeMap<i64, Vec<u8>>) -> String {
        compare(there).unwrap_err().to_string()
    }

    #[test]
    fn a_schema_is_this_programs_own_or_it_is_said_what_is_to_be_done() {
        assert!(compare(&all()).is_ok());
        let mut behind = all();
        behind.remove(&2);
        assert!(error(&behind).contains("migration 2 is missing. Run `portal-redirects migrate`"), "{}", error(&behind));
        let mut newer = all();
        newer.insert(9999, Vec::new());
        assert!(error(&newer).contains("newer portal-redirects"), "{}", error(&newer));
        let mut another = all();
        another.insert(1, vec![0; 48]);
        assert!(error(&another).contains("its migration 1 is another one"), "{}", error(&another));
    }
}
