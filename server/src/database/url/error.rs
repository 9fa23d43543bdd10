//! Why a database URL is refused. No message contains a value of the URL, since a mistake may have put the password anywhere.

use std::{io, path::PathBuf};

use super::parameters::SUPPORTED;

/// What is wrong with a database URL, with the name of the variable that it comes from.
#[derive(Debug, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct UrlError {
    /// The environment variable, which also stands for its flag.
    pub variable: &'static str,
    /// What is wrong.
    pub problem: UrlProblem,
}

/// What is wrong with a database URL.
#[derive(Debug, thiserror::Error)]
pub enum UrlProblem {
    /// It has no scheme.
    #[error("is not a PostgreSQL URL, like postgres://user:password@host/database")]
    NotAUrl,
    /// It has another scheme.
    #[error("has the scheme {0}://, but the database must be a PostgreSQL: postgres://user:password@host/database")]
    Scheme(String),
    /// A part is not percent-encoded correctly.
    #[error("has a {0} that is not percent-encoded correctly. Write % as %25; what is decoded must be UTF-8")]
    Encoding(String),
    /// A host can't be read.
    #[error(
        "has a host that is not valid. Put an IPv6 address in brackets, and percent-encode /, ?, #, @ and : in the user and the password"
    )]
    Host,
    /// A port can't be read.
    #[error("has a port that is not a number from 1 to 65535. If the password contains /, ? or #, percent-encode them: %2F, %3F and %23")]
    Port,
    /// There are several ports, but not one for each host.
    #[error("has {ports} ports for {hosts} hosts. Name one port for all hosts, or one for each")]
    Ports {
        /// The number of ports.
        ports: usize,
        /// The number of hosts.
        hosts: usize,
    },
    /// A parameter has no value.
    #[error("has a parameter without \"=\". Percent-encode & in values: %26")]
    NoValue,
    /// The program does not know the parameter.
    #[error("has {0}, which is not supported. Remove it. Supported are {list}", list = SUPPORTED.join(", "))]
    Unknown(String),
    /// A parameter's value is not one that it can have.
    #[error("has a {parameter} that is not valid. {expected}")]
    Value {
        /// The parameter.
        parameter: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// A certificate without its key, or the other way round.
    #[error("has only one of sslcert and sslkey. Set both, or neither")]
    CertificateWithoutKey,
    /// A file can't be read.
    #[error("names a file in {parameter} that can't be read: {path}: {error}", path = path.display())]
    File {
        /// The parameter.
        parameter: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}
