//! The privileges of the role that serves, table by table and column by column. The role that migrates owns the tables and grants these
//! after every migration, so an attacker who gets through the server still can't rewrite the history or the schema.

use std::collections::BTreeMap;

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// A table privilege as PostgreSQL names it, with the columns that an update may change.
pub type Privilege = &'static str;

/// The privilege to insert rows. It is granted for the columns that the database does not fill in itself: an id or a time that somebody
/// chooses would make a record look like another one's.
const INSERT: Privilege = "insert";

/// Each table and the privileges on it. Everything else is denied: nobody may rewrite the record of changes, or give a session or a
/// visitor to somebody else.
pub const TABLES: &[(&str, &[Privilege])] = &[
    ("_sqlx_migrations", &["select"]),
    ("admin_devices", &["select", "insert", "delete"]),
    ("admin_identities", &["select", "insert", "delete"]),
    ("admin_links", &["select", "insert", "update (mail_token_hash)", "delete"]),
    ("admin_pending_sign_ins", &["select", "insert", "delete"]),
    ("admin_provider_sign_ins", &["select", "insert", "delete"]),
    ("admin_recovery_codes", &["select", "insert", "delete"]),
    ("admin_second_factor_setups", &["select", "insert", "update (secret, created_at)", "delete"]),
    ("admin_second_factors", &["select", "insert", "update (last_step)", "delete"]),
    ("admin_sessions", &["select", "insert", "update (last_seen_at, token_hash, second_factor)", "delete"]),
    ("admins", &["select", "insert", "update (is_server_admin, password_hash, server_admin_by_provider)", "delete"]),
    ("api_tokens", &["select", "insert", "update (last_used_at, last_address, revoked_at)", "delete"]),
    ("application_clients", &["select", "insert", "update (secret_hash)", "delete"]),
    ("authorization_codes", &["select", "insert", "update (access_token_hash, redeemed_at)", "delete"]),
    ("changes", &["select", "insert"]),
    ("deployment_key", &["select"]),
    ("dismissed_refusals", &["select", "insert", "delete"]),
    // Failed sign-ins are counted, and deleted after a time. They are no changes.
    ("failed_sign_ins", &["select", "insert", "update (attempts, last_at)", "delete"]),
    ("fallback_redirects", &["select", "insert", "update (value)", "delete"]),
    ("idempotency_keys", &["select", "insert", "delete"]),
    (
        "identity_providers",
        &[
            "select",
            "insert",
            "update (issuer, client_id, client_secret, scopes, button_text, email_claim, email_use, first_name_claim, last_name_claim)",
            "update (names_use, username_claim, username_use, trusts_email, allows_sign_up, email_domains, replaces_accounts)",
            "delete",
        ],
    ),
    (
        "instances",
        &[
            "select",
            "insert",
            "update (name, environment, domain, domain_typed, portal_origin, home_url, allowed_origins)",
            "update (application_origins, names_in_tokens, requires_confirmed_email)",
            "update (archived_at, portal_enabled, visits_counted, version, updated_at)",
        ],
    ),
    ("leases", &["select", "insert", "update (holder, until)"]),
    ("mails", &["select", "insert", "update (due_at, give_up_at, attempts, error, failed_at)", "delete"]),
    ("members", &["select", "insert", "update (role, by_provider)", "delete"]),
    ("organization_invitations", &["select", "insert", "delete"]),
    ("organization_members", &["select", "insert", "delete"]),
    // Nobody renames one: PostgreSQL wants this before it locks a row.
    ("organizations", &["select", "insert", "update (name)", "delete"]),
    // Nobody changes one: PostgreSQL wants this before it locks a row.
    ("pending_authorizations", &["select", "insert", "update (state)", "delete"]),
    ("pending_confirmations", &["select", "insert", "update (code_hashes)", "delete"]),
    ("pending_identities", &["select", "insert", "update (link)", "delete"]),
    ("preview_origins", &["select", "insert", "update (expires_at, added_at, added_by)", "delete"]),
    // Nobody changes one: PostgreSQL wants this before it locks a row.
    ("provider_sign_ins", &["select", "insert", "update (link)", "delete"]),
    ("rate_limits", &["select", "insert", "update (until)", "delete"]),
    ("runtime_versions", &["select", "insert", "update (version, save_id)"]),
    ("runtimes", &["select", "insert", "update (seen_at, caught_up_at, database_identity)", "delete"]),
    ("signing_keys", &["select", "insert", "delete"]),
    ("target_check_schedule", &["select", "insert", "update (due_at, asked_at, checked_at)"]),
    (
        "target_checks",
        &[
            "select",
            "insert",
            "update (url, state, status, milliseconds, certificate_ends_at, redirects_to, checked_at, state_since)",
            "delete",
        ],
    ),
    ("visit_batches", &["select", "insert", "update (batch, stored_at)", "delete"]),
    ("visitor_codes", &["select", "insert", "delete"]),
    ("visitor_identities", &["select", "insert", "delete"]),
    ("visitor_quotas", &["select", "insert", "update", "delete"]),
    ("visitor_sessions", &["select", "insert", "update (last_seen_at, token_hash)", "delete"]),
    (
        "visitors",
        &["select", "insert", "update (email_address, username, first_name, last_name, password_hash, email_verified_at)", "delete"],
    ),
    ("visits", &["select", "insert", "update (visits, first_seen, last_seen)", "delete"]),
    ("waitlist_entries", &["select", "insert", "update (email_address)", "delete"]),
];

/// The tables whose rows describe running servers, and nothing that anybody stored.
pub const OF_RUNNING_SERVERS: [&str; 4] = ["leases", "rate_limits", "runtime_versions", "runtimes"];

/// The sequence that numbers changes and failed sign-ins, and the one that tells whether an instance ever existed. Identity columns advance
/// their sequences without a privilege.
pub const SEQUENCES: [(&str, &[Privilege]); 2] = [("changes_id_seq", &["usage"]), ("instances_id_seq", &["select"])];

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
    let mut insertable = BTreeMap::new();
    for (table, _) in TABLES.iter().filter(|(_, privileges)| privileges.contains(&INSERT)) {
        insertable.insert(*table, insertable_columns(&mut transaction, &schema, table).await?);
    }
    for statement in statements(&schema, role, owns_schema, &insertable) {
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

/// The columns of a table that an insert has to fill: all but the generated key, the times and the random ids.
async fn insertable_columns(owner: &mut PgConnection, schema: &str, table: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select a.attname::text from pg_attribute a
        join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and a.attgenerated = ''
            and coalesce(pg_get_expr(d.adbin, d.adrelid), '') not in ('now()', 'clock_timestamp()', 'gen_random_uuid()')
            and coalesce(pg_get_expr(d.adbin, d.adrelid), '') not like 'nextval(%'
        order by a.attnum",
    )
    .bind(schema)
    .bind(table)
    .fetch_all(owner)
    .await
}

fn statements(schema: &str, role: &str, owns_schema: bool, insertable: &BTreeMap<&str, Vec<String>>) -> Vec<String> {
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
    let grant = |kind: &'static str, name: &str, privileges: &[String]| {
        format!("grant {} on {kind} {schema}.{} to {role}", privileges.join(", "), quoted(name))
    };
    for (name, privileges) in TABLES {
        let columns = insertable.get(name).map(|columns| columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", "));
        let privilege = |privilege: &Privilege| match &columns {
            Some(columns) if *privilege == INSERT => format!("{INSERT} ({columns})"),
            _ => (*privilege).to_owned(),
        };
        statements.push(grant("table", name, &privileges.iter().map(privilege).collect::<Vec<_>>()));
    }
    for (name, privileges) in SEQUENCES {
        statements.push(grant("sequence", name, &privileges.iter().map(|privilege| (*privilege).to_owned()).collect::<Vec<_>>()));
    }
    statements
}

/// Quotes a name for SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
