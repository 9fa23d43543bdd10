//! What the role that serves may do, table by table. The role that migrates owns the tables and grants this after every
//! migration, so that a hole in what is served can't rewrite the history or the schema.

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// What may be done with the rows of a table, as PostgreSQL calls it.
pub type Right = &'static str;

/// Each table, and what may be done with its rows. What is not listed may not: nobody rewrites the record of changes.
pub const TABLES: [(&str, &[Right]); 16] = [
    ("_sqlx_migrations", &["select"]),
    ("admin_devices", &["select", "insert", "delete"]),
    ("admin_links", &["select", "insert", "delete"]),
    ("admin_sessions", &["select", "insert", "update", "delete"]),
    ("admins", &["select", "insert", "update", "delete"]),
    ("changes", &["select", "insert"]),
    ("fallback_redirects", &["select", "insert", "update", "delete"]),
    ("instances", &["select", "insert", "update"]),
    ("members", &["select", "insert", "update", "delete"]),
    ("organization_members", &["select", "insert", "delete"]),
    ("organizations", &["select", "insert", "update", "delete"]),
    ("runtime_versions", &["select", "insert", "update"]),
    ("runtimes", &["select", "insert", "update", "delete"]),
    ("visitor_sessions", &["select", "insert", "update", "delete"]),
    ("visitors", &["select", "insert", "update"]),
    ("waitlist_entries", &["select", "insert"]),
];

/// Each sequence that is read: whether there ever was an instance. Keys are counted on without a right to it.
pub const SEQUENCES: [(&str, &[Right]); 1] = [("instances_id_seq", &["select"])];

/// Gives a role these rights and no others in the schema, at once: a server that runs meanwhile misses none.
///
/// # Errors
/// There is no such role, the connection's own role does not own the tables, or the way to PostgreSQL.
pub async fn grant(owner: &mut PgConnection, role: &str) -> anyhow::Result<()> {
    let mut transaction = owner.begin().await?;
    // Two servers may start at once, and PostgreSQL changes an object's rights for one of them only.
    sqlx::query("select pg_advisory_xact_lock(hashtext('portal-redirects rights'))").execute(&mut *transaction).await?;
    let (schema, owns_schema): (String, bool) =
        sqlx::query_as("select nspname::text, pg_has_role(nspowner, 'usage') from pg_namespace where nspname = current_schema()")
            .fetch_one(&mut *transaction)
            .await
            .context("the role that migrates has no schema")?;
    for statement in statements(&schema, role, owns_schema) {
        // Names are quoted, the rest is written here.
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await
            .with_context(|| format!("the role {role} can't be given its rights"))?;
    }
    let unlimited: bool = sqlx::query_scalar("select has_schema_privilege($1, $2, 'create') or pg_has_role($1, current_user, 'member')")
        .bind(role)
        .bind(&schema)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    if unlimited {
        tracing::warn!(
            "the role that serves has more rights than it needs: it may create tables, or is a member of the role that migrates"
        );
    }
    Ok(())
}

fn statements(schema: &str, role: &str, owns_schema: bool) -> Vec<String> {
    let (schema, role) = (quoted(schema), quoted(role));
    let mut statements = vec![
        format!("revoke all on all tables in schema {schema} from {role}"),
        format!("revoke all on all sequences in schema {schema} from {role}"),
        format!("revoke all on schema {schema} from {role}"),
    ];
    if owns_schema {
        // Up to PostgreSQL 14, everyone may create tables in the schema that is there from the beginning.
        statements.push(format!("revoke create on schema {schema} from public"));
    }
    statements.push(format!("grant usage on schema {schema} to {role}"));
    let each = |kind: &'static str, (name, rights): &(&str, &[Right])| {
        format!("grant {} on {kind} {schema}.{} to {role}", rights.join(", "), quoted(name))
    };
    statements.extend(TABLES.iter().map(|table| each("table", table)));
    statements.extend(SEQUENCES.iter().map(|sequence| each("sequence", sequence)));
    statements
}

/// A name in SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
