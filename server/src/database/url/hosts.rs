//! The hosts of a database URL.

use std::{fmt, net::Ipv6Addr, path::PathBuf};

use super::{decode::decode, error::UrlProblem};

/// The port of PostgreSQL.
pub const DEFAULT_PORT: u16 = 5432;

/// Where a PostgreSQL is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name or an IP address.
    Network(String),
    /// The directory of a Unix socket.
    Socket(PathBuf),
}

impl Host {
    /// A host as the parameter `host` has it.
    pub(super) fn parse(text: &str) -> Result<Self, UrlProblem> {
        if text.starts_with('/') {
            return Ok(Self::Socket(PathBuf::from(text)));
        }
        let address = text.split_once('%').map_or(text, |(address, _zone)| address);
        let is_valid = if text.contains(':') {
            address.parse::<Ipv6Addr>().is_ok()
        } else {
            !text.is_empty() && !text.contains(|other: char| other.is_whitespace() || other.is_control() || "/@[]?#".contains(other))
        };
        if is_valid { Ok(Self::Network(text.to_owned())) } else { Err(UrlProblem::Host) }
    }
}

/// The host as libpq's parameter `host` has it.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(name) => f.write_str(name),
            Self::Socket(directory) => write!(f, "{}", directory.display()),
        }
    }
}

/// A host and its port; what a URL leaves out is `None`.
pub(super) type HostAndPort = (Option<Host>, Option<u16>);

/// The hosts between `@` and the path, which are separated by commas.
pub(super) fn parse_all(text: &str) -> Result<Vec<HostAndPort>, UrlProblem> {
    text.split(',').map(parse_one).collect()
}

fn parse_one(text: &str) -> Result<HostAndPort, UrlProblem> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']').ok_or(UrlProblem::Host)?;
        let address = decode(address, "host")?;
        if !address.contains(':') {
            return Err(UrlProblem::Host);
        }
        let port = match rest.strip_prefix(':') {
            Some(port) => parse_port(port)?,
            None if rest.is_empty() => None,
            None => return Err(UrlProblem::Host),
        };
        return Ok((Some(Host::parse(&address)?), port));
    }
    let (host, port) = text.split_once(':').unwrap_or((text, ""));
    if port.contains(':') {
        return Err(UrlProblem::Host);
    }
    let host = decode(host, "host")?;
    Ok((if host.is_empty() { None } else { Some(Host::parse(&host)?) }, parse_port(port)?))
}

/// A port; `None` for the default one.
pub(super) fn parse_port(text: &str) -> Result<Option<u16>, UrlProblem> {
    if text.is_empty() {
        return Ok(None);
    }
    let port = text.parse::<u16>().ok().filter(|port| *port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()));
    port.map(Some).ok_or(UrlProblem::Port)
}
