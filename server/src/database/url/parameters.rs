//! The parameters of a database URL: those of libpq that sqlx can carry out.

use std::{path::PathBuf, str::FromStr, time::Duration};

use sqlx::postgres::PgSslMode;

use super::{
    DatabaseUrl, Secret,
    decode::decode,
    error::UrlProblem,
    hosts::{Host, parse_port},
};

/// The parameters that messages name.
pub(super) const SUPPORTED: [&str; 15] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "target_session_attrs",
    "connect_timeout",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// Not at all.
    Disable,
    /// Not at all, unless PostgreSQL asks for it: sqlx does not encrypt here either.
    Allow,
    /// If PostgreSQL can.
    Prefer,
    /// Always, without proof of who answers.
    Require,
    /// With a certificate of a known authority.
    VerifyCa,
    /// With a certificate of a known authority for this host.
    VerifyFull,
}

impl SslMode {
    /// The name in libpq.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    pub(super) fn for_sqlx(self) -> PgSslMode {
        match self {
            Self::Disable => PgSslMode::Disable,
            Self::Allow => PgSslMode::Allow,
            Self::Prefer => PgSslMode::Prefer,
            Self::Require => PgSslMode::Require,
            Self::VerifyCa => PgSslMode::VerifyCa,
            Self::VerifyFull => PgSslMode::VerifyFull,
        }
    }
}

impl FromStr for SslMode {
    type Err = UrlProblem;

    fn from_str(text: &str) -> Result<Self, UrlProblem> {
        [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull]
            .into_iter()
            .find(|mode| mode.name() == text.to_ascii_lowercase())
            .ok_or(wrong("sslmode", "It is disable, allow, prefer, require, verify-ca or verify-full"))
    }
}

/// Who may have signed PostgreSQL's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootCertificates {
    /// The system's certificate authorities.
    System,
    /// Those in a file.
    File(PathBuf),
}

/// Which of several PostgreSQL is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetSession {
    /// The first one that answers.
    Any,
    /// One that takes writes.
    ReadWrite,
    /// One that is no standby.
    Primary,
}

impl TargetSession {
    /// The name in libpq.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::ReadWrite => "read-write",
            Self::Primary => "primary",
        }
    }
}

fn wrong(parameter: &'static str, expected: &'static str) -> UrlProblem {
    UrlProblem::Value { parameter, expected }
}

/// The hosts and the ports of the parameters, which go before those of the authority.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) hosts: Option<Vec<Option<Host>>>,
    pub(super) ports: Option<Vec<Option<u16>>>,
}

/// Reads the query of a URL.
pub(super) fn read(query: &str, url: &mut DatabaseUrl) -> Result<Places, UrlProblem> {
    let mut places = Places::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(UrlProblem::NoValue)?;
        let name = decode(name, "parameter name")?;
        let value = decode(value, if is_name(&name) { &name } else { "parameter" })?;
        set(&name, value, url, &mut places)?;
    }
    Ok(places)
}

fn set(name: &str, value: String, url: &mut DatabaseUrl, places: &mut Places) -> Result<(), UrlProblem> {
    if value.is_empty() && SUPPORTED.contains(&name) {
        return Ok(());
    }
    match name {
        "host" => places.hosts = Some(list(&value).map(|host| host.map(Host::parse).transpose()).collect::<Result<_, _>>()?),
        "hostaddr" => {
            let is_address = |text: &str| text.parse::<std::net::IpAddr>().is_ok();
            if !list(&value).flatten().all(is_address) {
                return Err(wrong("hostaddr", "It is an IP address"));
            }
            places.hosts = Some(list(&value).map(|host| host.map(Host::parse).transpose()).collect::<Result<_, _>>()?);
        }
        "port" => places.ports = Some(value.split(',').map(parse_port).collect::<Result<_, _>>()?),
        "dbname" => url.database = Some(value),
        "user" => url.user = Some(value),
        "password" => url.password = Some(Secret(value)),
        "sslmode" | "ssl-mode" => url.ssl_mode = Some(value.parse()?),
        "sslrootcert" | "ssl-root-cert" | "ssl-ca" => {
            url.root_certificates =
                Some(if value == "system" { RootCertificates::System } else { RootCertificates::File(PathBuf::from(value)) });
        }
        "sslcert" | "ssl-cert" => url.certificate = Some(PathBuf::from(value)),
        "sslkey" | "ssl-key" => url.key = Some(PathBuf::from(value)),
        "target_session_attrs" => {
            let known = [TargetSession::Any, TargetSession::ReadWrite, TargetSession::Primary];
            let found = known.into_iter().find(|known| known.name() == value);
            url.target_session = Some(found.ok_or(wrong("target_session_attrs", "It is any, read-write or primary"))?);
        }
        "connect_timeout" => {
            let seconds = value.parse::<u16>().map_err(|_| wrong("connect_timeout", "It is a number of seconds, up to 65535"))?;
            url.connect_timeout = (seconds > 0).then(|| Duration::from_secs(seconds.into()));
        }
        "application_name" => url.application_name = Some(value),
        // sqlx has read a plus sign as a space so far, as in a form.
        "options" => url.add_options(&value.replace('+', " ")),
        "statement-cache-capacity" => {
            let capacity = value.parse().map_err(|_| wrong("statement-cache-capacity", "It is a number of statements; 0 for none"))?;
            url.statement_cache_capacity = Some(capacity);
        }
        // Some providers write these into their URLs. They ask for nothing that is not done.
        "channel_binding" | "gssencmode" if value == "disable" || value == "prefer" => {}
        name => match name.strip_prefix("options[").and_then(|name| name.strip_suffix(']')) {
            Some(option) => url.add_options(&format!("-c {option}={value}")),
            None => return Err(UrlProblem::Unknown(shown(name))),
        },
    }
    Ok(())
}

/// The entries of a list; `None` for an empty one.
fn list(value: &str) -> impl Iterator<Item = Option<&str>> {
    value.split(',').map(|entry| Some(entry).filter(|entry| !entry.is_empty()))
}

/// A parameter as a message names it. What does not look like a name may be a part of a password.
fn shown(name: &str) -> String {
    if is_name(name) { format!("the parameter {name}") } else { "a parameter with an unusual name".to_owned() }
}

fn is_name(text: &str) -> bool {
    let begins = text.len() <= 40 && text.starts_with(|first: char| first.is_ascii_alphabetic());
    begins && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte))
}
