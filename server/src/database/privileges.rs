//! The privileges of the role that serves, table by table. The role that migrates owns the tables and grants these after every
//! migration, so an attacker who gets through the server still can't rewrite the history or the schema.

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// A table privilege, as PostgreSQL names it.
pub type Privilege = &'static str;

/// Each table and the privileges on it. Everything else is denied: nobody may rewrite the record of changes.
pub const TABLES: [(&str, &[Privilege]); 20] = [
    ("_sqlx_migrations", &["select"]),
    ("admin_devices", &["select", "insert", "delete"]),
    ("admin_links", &["select", "insert", "delete"]),
    ("admin_pending_sign_ins", &["select", "insert", "delete"]),
    ("admin_recovery_codes", &["select", "insert", "delete"]),
    ("admin_second_factor_setups", &["select", "insert", "update", "delete"]),
    ("admin_second_factors", &["select", "insert", "update", "delete"]),
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
    ("waitlist_entries", &["select", "insert", "update"]),
];

/// The sequence that tells whether an instance ever existed. Identity columns advance their sequences without a privilege.
pub const SEQUENCES: [(&str, &[Privilege]); 1] = [("instances_id_seq", &["select"])];

/// Grants a role exactly these privileges in the schema, in one transaction: servers that are running never lose one.
///
/// # Errors
/// The role does not exist, the connection's role does not own the tables, or PostgreSQL can't be reached.
pub async fn grant(owner: &mut PgConnection, role: &str) -> anyhow::Result<()> {
    let mut transaction = owner.begin().await?;
    // Two servers may start at once, and PostgreSQL lets only one of them change an object's privileges.
    sqlx::query("select pg_advisory_xact_lock(hashtext('portal-redirects rights'))").execute(&mut *transaction).await?;
    let (schema, owns_schema): (String, bool) =
        sqlx::query_as("select nspname::text, pg_has_role(nspowner, 'usage') from pg_namespace where nspname = current_schema()")
            .fetch_one(&mut *transaction)
            .await
            .context("the role that migrates has no schema")?;
    for statement in statements(&schema, role, owns_schema) {
        // Names are quoted; the rest is fixed text.
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await
            .with_context(|| format!("can't grant privileges to the role {role}"))?;
    }
    let is_overprivileged: bool =
        sqlx::query_scalar("select has_schema_privilege($1, $2, 'create') or pg_has_role($1, current_user, 'member')")
            .bind(role)
            .bind(&schema)
            .fetch_one(&mut *transaction)
            .await?;
    transaction.commit().await?;
    if is_overprivileged {
        tracing::warn!(
            "the role that serves has more privileges than it needs: it can create tables, or it is a member of the role that migrates"
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
        // Up to PostgreSQL 14, every role may create tables in the schema `public`.
        statements.push(format!("revoke create on schema {schema} from public"));
    }
    statements.push(format!("grant usage on schema {schema} to {role}"));
    let grant = |kind: &'static str, (name, privileges): &(&str, &[Privilege])| {
        format!("grant {} on {kind} {schema}.{} to {role}", privileges.join(", "), quoted(name))
    };
    statements.extend(TABLES.iter().map(|table| grant("table", table)));
    statements.extend(SEQUENCES.iter().map(|sequence| grant("sequence", sequence)));
    statements
}

/// Quotes a name for SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
