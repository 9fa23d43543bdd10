//! The database URLs of the configuration.

use super::{data_dir, private, url::DatabaseUrl};
use crate::config::Config;

/// The database that a command works on: the configured one, or the private one of a running server.
///
/// # Errors
/// The URL is not valid, or there is no data directory.
pub fn running_url(config: &Config) -> anyhow::Result<DatabaseUrl> {
    match serving_url(config)? {
        Some(url) => Ok(url),
        None => Ok(private::url(&data_dir::socket_dir(&config.data_dir()?))),
    }
}

/// The URL of the role that owns the tables, if one is configured.
///
/// # Errors
/// It is not valid.
pub fn owner_url(config: &Config) -> anyhow::Result<Option<DatabaseUrl>> {
    parse(config.migrate_database_url.as_deref(), "DATABASE_MIGRATE_URL")
}

/// The URL of the configured database as the role that serves, if one is configured.
///
/// # Errors
/// It is not valid.
pub(super) fn serving_url(config: &Config) -> anyhow::Result<Option<DatabaseUrl>> {
    parse(config.database_url.as_deref(), "DATABASE_URL")
}

/// The URL that leads directly to PostgreSQL, if one is configured.
///
/// # Errors
/// It is not valid.
pub(crate) fn listen_url(config: &Config) -> anyhow::Result<Option<DatabaseUrl>> {
    parse(config.listen_database_url.as_deref(), "DATABASE_LISTEN_URL")
}

fn parse(text: Option<&str>, variable: &'static str) -> anyhow::Result<Option<DatabaseUrl>> {
    let url = text.map(str::trim).filter(|url| !url.is_empty());
    Ok(url.map(|url| DatabaseUrl::parse(url, variable)).transpose()?)
}
