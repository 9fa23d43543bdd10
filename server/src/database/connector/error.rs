//! Why a database can't be reached: where it was looked for, as which role, and what happened there.

use std::{fmt, time::Duration};

use app::database::is_outage;
use sqlx::postgres::PgConnectOptions;

use crate::database::url::{DatabaseUrl, TargetSession, UrlProblem};

/// No host of a database URL can be used. The text says everything once, and it has no source that would say it again.
#[derive(Debug)]
pub struct ConnectError {
    source: &'static str,
    database: String,
    role: String,
    /// Each host that was tried, with the reason.
    attempts: Vec<(String, String)>,
    /// Whether one of them may take connections later without anybody's help.
    may_pass: bool,
}

/// Why one host can't be used.
#[derive(Debug)]
pub(super) enum Failure {
    /// It did not answer in time.
    Timeout(Duration),
    /// It answers, but it is not of the wanted kind.
    NotTarget(TargetSession),
    /// A file for TLS is gone.
    File(UrlProblem),
    /// What sqlx says.
    Sqlx(sqlx::Error),
}

impl ConnectError {
    pub(super) fn new(url: &DatabaseUrl, options: &PgConnectOptions) -> Self {
        let role = options.get_username();
        Self {
            source: url.source(),
            database: options.get_database().unwrap_or(role).to_owned(),
            role: role.to_owned(),
            attempts: Vec::new(),
            may_pass: false,
        }
    }

    pub(super) fn add(&mut self, url: &DatabaseUrl, options: &PgConnectOptions, failure: Failure) {
        self.may_pass |= match &failure {
            Failure::Timeout(_) | Failure::NotTarget(_) => true,
            Failure::File(_) => false,
            Failure::Sqlx(error) => is_outage(error),
        };
        self.attempts.push((place(options), failure.reason(url)));
    }

    /// Whether one of the hosts may take connections later without anybody's help.
    pub(crate) fn may_pass(&self) -> bool {
        self.may_pass
    }
}

impl std::error::Error for ConnectError {}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, database, role, attempts, .. } = self;
        if let [(place, reason)] = &attempts[..] {
            return write!(f, "the database {database} at {place} can't be reached as role {role} ({source}): {reason}");
        }
        let attempts: Vec<String> = attempts.iter().map(|(place, reason)| format!("{place}: {reason}")).collect();
        write!(f, "the database {database} can't be reached as role {role} ({source}) at any of its hosts. {}", attempts.join("; "))
    }
}

/// The host and the port of a server.
pub(super) fn place(options: &PgConnectOptions) -> String {
    let port = options.get_port();
    match options.get_socket() {
        Some(socket) => format!("{}:{port}", socket.display()),
        None if options.get_host().contains(':') => format!("[{}]:{port}", options.get_host()),
        None => format!("{}:{port}", options.get_host()),
    }
}

impl Failure {
    fn reason(self, url: &DatabaseUrl) -> String {
        let reason = match self {
            Self::Timeout(after) => format!("it does not answer within {} s", after.as_secs()),
            Self::NotTarget(TargetSession::Primary) => "it is a standby".to_owned(),
            Self::NotTarget(_) => "it takes no writes".to_owned(),
            Self::File(problem) => format!("it {problem}"),
            Self::Sqlx(sqlx::Error::Database(error)) => error.message().to_owned(),
            Self::Sqlx(sqlx::Error::Io(error)) => error.to_string(),
            Self::Sqlx(sqlx::Error::Tls(error)) => format!("TLS: {error}"),
            Self::Sqlx(error) => error.to_string(),
        };
        // PostgreSQL repeats a setting that it refuses.
        if url.is_in(&reason) { "it refuses what the URL asks for".to_owned() } else { reason }
    }
}
