//! How PostgreSQL's own programs reach a database: the environment variables of libpq.

use std::{ffi::OsString, path::Path};

use anyhow::Context;
use percent_encoding::percent_decode_str;
use sqlx::postgres::PgConnectOptions;
use url::Url;

/// The variables and their values. They are no arguments, because other users can read those.
pub(crate) type Environment = Vec<(&'static str, OsString)>;

/// The environment for a database with this URL.
///
/// # Errors
/// It is not a URL.
pub(super) fn of_url(url: &str) -> anyhow::Result<Environment> {
    let url = Url::parse(url.trim()).ok().context("the database's URL can't be read")?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut environment = Environment::new();
    let mut set = |name, value: Option<String>| environment.extend(value.map(|value| (name, OsString::from(value))));
    set("PGHOST", url.host_str().map(decoded));
    set("PGPORT", url.port().map(|port| port.to_string()));
    set("PGUSER", Some(decoded(url.username())).filter(|user| !user.is_empty()));
    set("PGPASSWORD", url.password().map(decoded));
    set("PGDATABASE", Some(decoded(url.path().trim_start_matches('/'))).filter(|name| !name.is_empty()));
    for (name, value) in url.query_pairs() {
        let variable = match &*name {
            "host" => "PGHOST",
            "port" => "PGPORT",
            "sslmode" => "PGSSLMODE",
            "sslrootcert" => "PGSSLROOTCERT",
            "sslcert" => "PGSSLCERT",
            "sslkey" => "PGSSLKEY",
            _ => continue,
        };
        set(variable, Some(value.into_owned()));
    }
    Ok(environment)
}

/// The environment for the private PostgreSQL with this socket directory.
pub(super) fn of_socket(socket: &Path, options: &PgConnectOptions) -> Environment {
    let text = |text: &str| OsString::from(text);
    vec![
        ("PGHOST", socket.into()),
        ("PGPORT", text(&options.get_port().to_string())),
        ("PGUSER", text(options.get_username())),
        ("PGDATABASE", text(options.get_database().unwrap_or_default())),
    ]
}
