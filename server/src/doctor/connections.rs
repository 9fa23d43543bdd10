//! The ways to PostgreSQL: whether there is room for a server's connections, poolers, and whether notifications arrive.

use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::timeout;

use super::{report::Report, store};
use crate::{
    config::Config,
    database::{connector::Connector, listen_url, shares_processes},
};

/// What a server opens besides its pool: to load instances, and to listen.
const BESIDES_THE_POOL: u32 = 5;

/// How long a notification may take.
const NOTIFICATION_TIMEOUT: Duration = Duration::from_secs(5);

/// Checks them.
pub(super) async fn check(config: &Config, connector: &Connector, connection: &mut PgConnection, report: &mut Report) {
    let is_pooler = match shares_processes(connector, connection).await {
        Ok(is_pooler) => is_pooler,
        Err(error) => return report.failed("connections", error),
    };
    if is_pooler && config.migrate_database_url.is_none() {
        report.problem("pooler", "DATABASE_URL leads to a pooler in transaction mode. Set DATABASE_MIGRATE_URL to a URL that leads directly to PostgreSQL, or the schema can't be migrated.");
    }
    match store::room(connection).await {
        Ok(room) => {
            let needed = config.database_connections + BESIDES_THE_POOL;
            let text = format!("a server opens up to {needed} connections, and PostgreSQL allows {room}");
            if is_pooler || room >= needed {
                report.ok("connections", text);
            } else {
                report.problem("connections", format!("{text}. Raise max_connections, or lower --database-connections."));
            }
        }
        Err(error) => report.failed("connections", error),
    }
    let listening = match listen_url(config) {
        Ok(Some(url)) => Connector::new(url),
        Ok(None) if is_pooler => {
            return report.problem("notifications", "behind a pooler in transaction mode they don't arrive, so saves take up to 30 seconds. Set DATABASE_LISTEN_URL to a URL that leads directly to PostgreSQL.");
        }
        Ok(None) => connector.clone(),
        Err(error) => return report.problem("notifications", format!("{error:#}")),
    };
    match timeout(NOTIFICATION_TIMEOUT, store::hears(&listening, connection)).await {
        Ok(Ok(true)) => report.ok("notifications", "they arrive"),
        Ok(Ok(false)) => report
            .problem("notifications", "DATABASE_LISTEN_URL and DATABASE_URL lead to different databases. Both must lead to the same one."),
        Ok(Err(error)) => report.problem("notifications", format!("{error:#}")),
        Err(_) => report.problem(
            "notifications",
            "they don't arrive, so saves take up to 30 seconds. Set DATABASE_LISTEN_URL to a URL that leads directly to PostgreSQL.",
        ),
    }
}
