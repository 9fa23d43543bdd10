//! The URL of a database, as libpq reads it: `postgres://user:password@host:port,host:port/database?parameter=value`.
//!
//! <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS>

mod decode;
mod error;
mod hosts;
mod libpq;
mod options;
mod parameters;
#[cfg(test)]
mod tests;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use decode::decode;
pub use error::{UrlError, UrlProblem};
pub use hosts::{DEFAULT_PORT, Host};
pub use parameters::{RootCertificates, SslMode, TargetSession};

/// How long each of several hosts may take to accept a connection, unless `connect_timeout` says it.
const CONNECT_TIMEOUT_OF_SEVERAL: Duration = Duration::from_secs(5);

/// The same for a single host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A value that is never written anywhere.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// A database URL that was parsed and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseUrl {
    /// Where it comes from, for messages: an environment variable, or what stands in for one.
    source: &'static str,
    /// The hosts, at least one. A host that is not named is sqlx's default: `PGHOST`, a local socket or localhost.
    hosts: Vec<(Option<Host>, Option<u16>)>,
    user: Option<String>,
    password: Option<Secret>,
    database: Option<String>,
    ssl_mode: Option<SslMode>,
    root_certificates: Option<RootCertificates>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    target_session: Option<TargetSession>,
    connect_timeout: Option<Duration>,
    application_name: Option<String>,
    /// Settings for the session, as on PostgreSQL's command line. They may contain secrets of extensions.
    options: Option<Secret>,
    statement_cache_capacity: Option<usize>,
}

impl DatabaseUrl {
    /// Parses the URL in that environment variable, and checks that its files can be read.
    ///
    /// # Errors
    /// It is not a PostgreSQL URL, or asks for something that is not supported.
    pub fn parse(text: &str, variable: &'static str) -> Result<Self, UrlError> {
        let parsed = Self::read(text.trim(), variable).and_then(|url| url.check_files().map(|()| url));
        parsed.map_err(|problem| UrlError { variable, problem })
    }

    /// The database of a private PostgreSQL, which needs no password.
    pub(super) fn of_socket(directory: &Path, user: &str, database: &str) -> Self {
        let mut url = Self::empty("the private PostgreSQL");
        url.hosts = vec![(Some(Host::Socket(directory.to_owned())), Some(DEFAULT_PORT))];
        (url.user, url.database) = (Some(user.to_owned()), Some(database.to_owned()));
        url
    }

    /// Stands in where only connection options are known.
    pub(super) fn unnamed() -> Self {
        Self::empty("given by the program")
    }

    fn empty(source: &'static str) -> Self {
        Self {
            source,
            hosts: vec![(None, None)],
            user: None,
            password: None,
            database: None,
            ssl_mode: None,
            root_certificates: None,
            certificate: None,
            key: None,
            target_session: None,
            connect_timeout: None,
            application_name: None,
            options: None,
            statement_cache_capacity: None,
        }
    }

    fn read(text: &str, source: &'static str) -> Result<Self, UrlProblem> {
        let (scheme, rest) = text.split_once("://").ok_or(UrlProblem::NotAUrl)?;
        if !["postgres", "postgresql"].contains(&scheme.to_ascii_lowercase().as_str()) {
            let is_scheme = scheme.len() <= 20 && scheme.starts_with(|first: char| first.is_ascii_alphabetic());
            let is_scheme = is_scheme && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
            return Err(if is_scheme { UrlProblem::Scheme(scheme.to_owned()) } else { UrlProblem::NotAUrl });
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, hosts) = authority.rsplit_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts));
        let mut url = Self::empty(source);
        if let Some(user) = user {
            let (user, password) = user.split_once(':').map_or((user, None), |(user, password)| (user, Some(password)));
            url.user = Some(decode(user, "user")?).filter(|user| !user.is_empty());
            let password = password.map(|password| decode(password, "password")).transpose()?;
            url.password = password.filter(|password| !password.is_empty()).map(Secret);
        }
        url.hosts = hosts::parse_all(hosts)?;
        url.database = Some(decode(path, "database")?).filter(|database| !database.is_empty());
        let places = parameters::read(query, &mut url)?;
        url.put(places)?;
        url.check_tls()?;
        Ok(url)
    }

    /// Lets the hosts and ports of parameters replace those of the authority.
    fn put(&mut self, places: parameters::Places) -> Result<(), UrlProblem> {
        if let Some(hosts) = places.hosts {
            let ports: Vec<Option<u16>> = self.hosts.iter().map(|(_, port)| *port).collect();
            // A port beside a host that is replaced still counts.
            let port = |index: usize| ports.get(index).copied().unwrap_or_else(|| if ports.len() == 1 { ports[0] } else { None });
            self.hosts = hosts.into_iter().enumerate().map(|(index, host)| (host, port(index))).collect();
        }
        let Some(ports) = places.ports else { return Ok(()) };
        if ports.len() != 1 && ports.len() != self.hosts.len() {
            return Err(UrlProblem::Ports { ports: ports.len(), hosts: self.hosts.len() });
        }
        for (index, (_, port)) in self.hosts.iter_mut().enumerate() {
            *port = if ports.len() == 1 { ports[0] } else { ports[index] };
        }
        Ok(())
    }

    /// As libpq does, asks for a check of the certificate where the URL names who may sign it.
    fn check_tls(&mut self) -> Result<(), UrlProblem> {
        if self.certificate.is_some() != self.key.is_some() {
            return Err(UrlProblem::CertificateWithoutKey);
        }
        match (&self.root_certificates, self.ssl_mode) {
            (Some(RootCertificates::System), None) => self.ssl_mode = Some(SslMode::VerifyFull),
            (Some(RootCertificates::System), Some(mode)) if mode != SslMode::VerifyFull => {
                let expected = "With sslrootcert=system it is verify-full, since everybody can get a certificate of a public authority";
                return Err(UrlProblem::Value { parameter: "sslmode", expected });
            }
            (Some(RootCertificates::File(_)), Some(SslMode::Require)) => self.ssl_mode = Some(SslMode::VerifyCa),
            _ => {}
        }
        Ok(())
    }

    /// Checks that the files that the URL names can be read.
    pub(super) fn check_files(&self) -> Result<(), UrlProblem> {
        let root = match &self.root_certificates {
            Some(RootCertificates::File(path)) => Some(path),
            _ => None,
        };
        for (parameter, path) in [("sslrootcert", root), ("sslcert", self.certificate.as_ref()), ("sslkey", self.key.as_ref())] {
            let Some(path) = path else { continue };
            // A directory can be opened, but not read.
            fs::read(path).map_err(|error| UrlProblem::File { parameter, path: path.clone(), error })?;
        }
        Ok(())
    }

    fn add_options(&mut self, options: &str) {
        let all = self.options.take().map_or_else(String::new, |before| before.0 + " ");
        self.options = Some(Secret(all + options));
    }

    /// The environment variable that it comes from, or what stands in for one.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// The hosts and their ports.
    pub fn hosts(&self) -> &[(Option<Host>, Option<u16>)] {
        &self.hosts
    }

    /// Which of the hosts is wanted: of several ones, by default, the one that takes writes.
    pub fn target_session(&self) -> TargetSession {
        self.target_session.unwrap_or(if self.hosts.len() > 1 { TargetSession::ReadWrite } else { TargetSession::Any })
    }

    /// How long one host may take to accept a connection.
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout.unwrap_or(if self.hosts.len() > 1 { CONNECT_TIMEOUT_OF_SEVERAL } else { CONNECT_TIMEOUT })
    }

    /// Whether a text contains the password or a setting's value. Then it must not be shown.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let values = self.options.iter().flat_map(|options| options.0.split(' ')).filter_map(|option| Some(option.split_once('=')?.1));
        // A password that is also the user's name hides nothing, and PostgreSQL names the user.
        let password = self.password.iter().map(|password| password.0.as_str()).filter(|password| Some(*password) != self.user.as_deref());
        password.chain(values).any(|secret| secret.len() > 3 && text.contains(secret))
    }
}
