//! The ways to PostgreSQL: whether there is room for a server's connections, poolers, and whether notifications arrive.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::{report::Report, store};
use crate::{
    config::Config,
    database::{LISTENS_ELSEWHERE, connector::Connector, listen_url, owner_url, same_database, shares_processes},
    portal::snapshot,
};

/// What a server opens besides its pool: to load instances, to store counted visits, and to listen.
const BESIDES_THE_POOL: u32 = snapshot::MAX_CONNECTIONS + 2;

/// How long a notification may take.
const NOTIFICATION_TIMEOUT: Duration = Duration::from_secs(5);

/// What is wrong behind a pooler in transaction mode.
const DONT_ARRIVE: &str =
    "they don't arrive, so saves take up to 30 seconds. Set DATABASE_LISTEN_URL to a URL that leads directly to PostgreSQL.";

/// Checks them.
pub(super) async fn check(config: &Config, connector: &Connector, connection: &mut PgConnection, report: &mut Report) {
    let is_pooler = match shares_processes(connector, connection).await {
        Ok(is_pooler) => is_pooler,
        Err(error) => return report.failed("connections", error),
    };
    if is_pooler && owner_url(config).is_ok_and(|url| url.is_none()) {
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
            return report.problem("notifications", DONT_ARRIVE);
        }
        Ok(None) => connector.clone(),
        Err(error) => return report.problem("notifications", format!("{error:#}")),
    };
    match check_notifications(&listening, connection).await {
        Ok(None) => report.ok("notifications", "they arrive"),
        Ok(Some(problem)) => report.problem("notifications", problem),
        Err(error) => report.problem("notifications", format!("{error:#}")),
    }
}

/// What is wrong with notifications over that way, if anything is.
async fn check_notifications(listening: &Connector, connection: &mut PgConnection) -> anyhow::Result<Option<&'static str>> {
    let mut second = listening.connect().await?;
    if !same_database(&mut second, connection).await? {
        return Ok(Some(LISTENS_ELSEWHERE));
    }
    // Listening there would disturb the queries of others.
    if shares_processes(listening, &mut second).await? {
        return Ok(Some(DONT_ARRIVE));
    }
    second.close().await?;
    Ok((!store::hears(listening, connection, NOTIFICATION_TIMEOUT).await?).then_some(DONT_ARRIVE))
}
