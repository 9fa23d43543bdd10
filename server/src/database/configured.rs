//! The database URLs of the configuration.

use super::{data_dir, private, url::DatabaseUrl};
use crate::config::Config;

/// What is wrong if the URL to listen with leads elsewhere.
pub(crate) const LISTENS_ELSEWHERE: &str =
    "DATABASE_LISTEN_URL and DATABASE_URL lead to different databases. Both must lead to the same one.";

/// What is wrong if the URL to migrate with leads elsewhere.
pub(crate) const MIGRATES_ELSEWHERE: &str =
    "DATABASE_MIGRATE_URL and DATABASE_URL lead to different databases. Both must lead to the one that you mean.";

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

/// Whether no database is configured, so that the server runs a private PostgreSQL.
///
/// # Errors
/// A URL is not valid.
pub(crate) fn is_private(config: &Config) -> anyhow::Result<bool> {
    Ok(serving_url(config)?.is_none() && owner_url(config)?.is_none())
}

/// Checks that the URLs are enough to serve with.
///
/// # Errors
/// One is not valid, or there is one for a purpose of its own but none to serve with.
pub(crate) fn check_urls(config: &Config) -> anyhow::Result<()> {
    let (serving, owner, listen) = (serving_url(config)?, owner_url(config)?, listen_url(config)?);
    if serving.is_some() {
        return Ok(());
    }
    anyhow::ensure!(
        owner.is_none(),
        "--migrate-database-url is set, but --database-url is not. Set --database-url for the role that serves, or neither of them for a private PostgreSQL."
    );
    anyhow::ensure!(
        listen.is_none(),
        "--listen-database-url is set, but --database-url is not. Set --database-url too, or neither of them for a private PostgreSQL."
    );
    Ok(())
}

fn parse(text: Option<&str>, variable: &'static str) -> anyhow::Result<Option<DatabaseUrl>> {
    let url = text.map(str::trim).filter(|url| !url.is_empty());
    Ok(url.map(|url| DatabaseUrl::parse(url, variable)).transpose()?)
}
