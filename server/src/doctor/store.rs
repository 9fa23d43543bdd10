//! What the checks ask PostgreSQL.

use std::time::Duration;

use app::database::timed_on;
use sqlx::{
    PgConnection,
    postgres::{PgListener, PgPoolOptions},
};
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::database::{connector::Connector, privileges};

/// What a server says about itself and the connection.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) version: u32,
    pub(super) version_name: String,
    pub(super) is_read_only: bool,
    pub(super) has_tls: bool,
    /// Over a socket, or from the same machine.
    pub(super) is_local: bool,
    pub(super) clock_difference: Duration,
}

/// Asks it.
///
/// # Errors
/// A query fails.
pub(super) async fn server(connection: &mut PgConnection) -> sqlx::Result<Server> {
    let (version, version_name, is_read_only, has_tls, is_local): (i32, String, bool, bool, bool) = sqlx::query_as(
        "select current_setting('server_version_num')::int / 10000, current_setting('server_version'),
            current_setting('transaction_read_only') = 'on',
            coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false),
            inet_server_addr() is null or inet_server_addr() = inet_client_addr()",
    )
    .fetch_one(timed_on(&mut *connection))
    .await?;
    // The database's time was somewhere between the two.
    let before = OffsetDateTime::now_utc();
    let there: OffsetDateTime = sqlx::query_scalar("select clock_timestamp()").fetch_one(timed_on(connection)).await?;
    let after = OffsetDateTime::now_utc();
    let difference = if there < before { before - there } else { (there - after).max(time::Duration::ZERO) };
    Ok(Server {
        version: version.unsigned_abs(),
        version_name,
        is_read_only,
        has_tls,
        is_local,
        clock_difference: difference.unsigned_abs(),
    })
}

/// How many connections roles like this one may have.
///
/// # Errors
/// The query fails.
pub(super) async fn room(connection: &mut PgConnection) -> sqlx::Result<u32> {
    let room: i32 = sqlx::query_scalar(
        "select least(
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true)::int, 0),
            (select coalesce(nullif(rolconnlimit, -1), 1000000) from pg_roles where rolname = current_user),
            (select coalesce(nullif(datconnlimit, -1), 1000000) from pg_database where datname = current_database()))",
    )
    .fetch_one(timed_on(connection))
    .await?;
    Ok(room.unsigned_abs())
}

/// The privileges that the connection's role needs and does not have, like `insert on changes`.
///
/// # Errors
/// A query fails.
pub(super) async fn missing_privileges(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let mut missing = Vec::new();
    for (table, granted) in privileges::TABLES {
        for privilege in *granted {
            // Of privileges on columns, having one is enough here: they are granted together.
            let kind = privilege.split(' ').next().unwrap_or_default();
            let query = match kind {
                "delete" => "select has_table_privilege(to_regclass($1), $2)",
                _ => "select has_any_column_privilege(to_regclass($1), $2)",
            };
            let has: Option<bool> = sqlx::query_scalar(query).bind(table).bind(kind).fetch_one(timed_on(&mut *connection)).await?;
            if has != Some(true) {
                missing.push(format!("{kind} on {table}"));
            }
        }
    }
    for (sequence, granted) in privileges::SEQUENCES {
        for privilege in granted {
            let query = "select has_sequence_privilege(to_regclass($1), $2)";
            let has: Option<bool> = sqlx::query_scalar(query).bind(sequence).bind(privilege).fetch_one(timed_on(&mut *connection)).await?;
            if has != Some(true) {
                missing.push(format!("{privilege} on {sequence}"));
            }
        }
    }
    missing.dedup();
    Ok(missing)
}

/// Whether a notification that one connection sends arrives at another one in time.
///
/// # Errors
/// The second connection can't be opened, or a query fails.
pub(super) async fn hears(listening: &Connector, connection: &mut PgConnection, limit: Duration) -> sqlx::Result<bool> {
    let pool = listening.pool(PgPoolOptions::new().max_connections(1), "doctor");
    let mut listener = PgListener::connect_with(&pool).await?;
    let channel = format!("portal_redirects_doctor_{}", std::process::id());
    listener.listen(&channel).await?;
    sqlx::query("select pg_notify($1, '')").bind(&channel).execute(timed_on(connection)).await?;
    timeout(limit, listener.recv()).await.map_or(Ok(false), |received| received.map(|_| true))
}
