//! The database: whether it can be reached, is one that works, is writable, and has the right schema and clock.

use std::time::Duration;

use app::runtimes::RuntimeRole;
use sqlx::PgConnection;

use super::{report::Report, store};
use crate::{
    config::Config,
    database::{connector::Connector, is_private, schema},
};

/// The versions of PostgreSQL that work.
const VERSIONS: std::ops::RangeInclusive<u32> = 13..=18;

/// How far its clock may be from this machine's.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(2);

/// Checks the database. Returns a connection if it can be reached.
pub(super) async fn check(config: &Config, connector: anyhow::Result<Connector>, report: &mut Report) -> Option<(Connector, PgConnection)> {
    let connector = match connector {
        Ok(connector) => connector,
        Err(error) => {
            report.problem("database", format!("{error:#}"));
            return None;
        }
    };
    let mut connection = match connector.connect().await {
        Ok(connection) => connection,
        Err(error) if !is_private(config).unwrap_or(false) => {
            report.problem("database", error.to_string());
            return None;
        }
        Err(_) => {
            report.note("database", "no server runs the private PostgreSQL, so it was not checked. Start the server first.");
            return None;
        }
    };
    match store::server(&mut connection).await {
        Ok(server) => check_server(config, &server, report),
        Err(error) => report.failed("database", error),
    }
    match schema::check(&mut connection).await {
        Ok(()) => report.ok("schema", "it is the one of this version"),
        Err(error) => report.problem("schema", format!("{error:#}")),
    }
    Some((connector, connection))
}

fn check_server(config: &Config, server: &store::Server, report: &mut Report) {
    let store::Server { version, version_name, is_read_only, has_tls, is_local, clock_difference } = server;
    if VERSIONS.contains(version) {
        report.ok("database", format!("PostgreSQL {version_name} answers"));
    } else {
        report.problem(
            "database",
            format!("PostgreSQL {version_name} was never tried. Use a version from {} to {}.", VERSIONS.start(), VERSIONS.end()),
        );
    }
    if *is_read_only && config.role == RuntimeRole::All {
        report.problem("database", "it is read-only, as a replica is. Let DATABASE_URL lead to the primary, or name all hosts in it.");
    }
    if !has_tls && !is_local {
        report
            .note("database", "the connection has no TLS. Over a network that others can reach, add sslmode=verify-full to DATABASE_URL.");
    }
    if *clock_difference > MAX_CLOCK_DIFFERENCE {
        report.problem(
            "clock",
            format!("this machine and PostgreSQL differ by {:.1} s. Synchronize both with NTP: sessions, links and preview origins end by these clocks.", clock_difference.as_secs_f64()),
        );
    } else {
        report.ok("clock", "this machine and PostgreSQL agree");
    }
}
