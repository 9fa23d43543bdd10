//! Stored origins: the portal's own, and those that an admin allows besides the domain.

use std::fmt;

use serde::Serialize;
use url::{Host, Position, Url};

use super::{
    Environment, HostError, Invisible,
    domain::{is_below, is_public_suffix},
    host::check_host_name,
    invisible::trim_invisible,
    scheme::is_absolute,
};

/// The longest origin, in bytes.
const MAX_ORIGIN_BYTES: usize = 512;

/// Why a text cannot be stored as an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// It is not an absolute `http` or `https` URL.
    #[error("That is not an origin. Enter one like https://app.example.com or http://localhost:5173.")]
    NotAnOrigin,
    /// It contains an invisible character.
    #[error(transparent)]
    Invisible(#[from] Invisible),
    /// It has a path, a query, a fragment or a user name.
    #[error("An origin consists of a scheme, a host and a port. Remove everything else, like /path or ?query.")]
    NotAlone,
    /// It is `http`, in production.
    #[error("http is for development only. Use https.")]
    Insecure,
    /// It has a `*` that is not the whole leftmost part.
    #[error("A * must be the whole leftmost part, like https://*.preview.myapp.dev.")]
    Wildcard,
    /// It has a `*` directly below a public suffix.
    #[error("Anyone can register a name there. Put the * below your own name, like https://*.preview.myapp.dev.")]
    PublicSuffix,
    /// It has a `*` in the name of a Vercel preview.
    #[error(
        "Vercel puts project, branch and team into one part of the name, so a pattern can't tell your previews from a stranger's. Add each one, like https://my-app-git-branch-my-team.vercel.app."
    )]
    Vercel,
    /// It leaves the port open, in production or on another host than this machine.
    #[error("A * as the port works on localhost in development only. Name the port, or add this origin to your development instance.")]
    OpenPort,
    /// DNS carries no such host name.
    #[error(transparent)]
    Dns(#[from] HostError),
    /// It is longer than 512 bytes.
    #[error("That origin is too long. Use at most {MAX_ORIGIN_BYTES} characters.")]
    TooLong,
}

/// An origin that an admin allows besides the instance's domain, or a pattern with `*` as its leftmost part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrigin {
    text: String,
    pattern: Pattern,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exact(url::Origin),
    /// Every name below `parent`, at any depth.
    Below {
        scheme: &'static str,
        parent: String,
        port: u16,
    },
    /// This host of this machine, by http, on any port.
    AnyPort(&'static str),
}

/// The hosts whose port may be left open in development.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl AllowedOrigin {
    /// Reads `https://app.example.com[:port]` or `https://*.preview.myapp.dev[:port]`, and in development `http://localhost:*`.
    ///
    /// # Errors
    /// The first rule in [`OriginError`] that the text breaks.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, OriginError> {
        let text = trim_invisible(text);
        if !text.contains('*') {
            let url = stored_origin(text, environment)?;
            return Ok(Self { text: origin_text(&url).to_owned(), pattern: Pattern::Exact(url.origin()) });
        }
        if let Some(start) = text.trim_end_matches('/').strip_suffix(":*") {
            let host = start.to_ascii_lowercase();
            let host = LOOPBACK.into_iter().find(|loopback| host.strip_prefix("http://") == Some(loopback));
            let host = host.filter(|_| environment == Environment::Development).ok_or(OriginError::OpenPort)?;
            return Ok(Self { text: format!("http://{host}:*"), pattern: Pattern::AnyPort(host) });
        }
        if text.trim_end_matches('/').ends_with(".vercel.app") && !text.contains("://*.") {
            return Err(OriginError::Vercel);
        }
        let (scheme, rest) = text.split_once("://*.").ok_or(OriginError::Wildcard)?;
        if rest.contains('*') || scheme.contains('*') {
            return Err(OriginError::Wildcard);
        }
        let url = stored_origin(&format!("{scheme}://{rest}"), environment)?;
        let Some(Host::Domain(parent)) = url.host() else { return Err(OriginError::Wildcard) };
        let local = environment == Environment::Development && parent == "localhost";
        if is_public_suffix(parent) && !local {
            return Err(OriginError::PublicSuffix);
        }
        let scheme = if url.scheme() == "http" { "http" } else { "https" };
        let written = url.port().map_or_else(String::new, |port| format!(":{port}"));
        Ok(Self {
            text: format!("{scheme}://*.{parent}{written}"),
            pattern: Pattern::Below { scheme, parent: parent.to_owned(), port: url.port_or_known_default().unwrap_or_default() },
        })
    }

    /// The origin or pattern in ASCII.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is one origin, and no pattern.
    pub fn is_exact(&self) -> bool {
        matches!(self.pattern, Pattern::Exact(_))
    }

    /// The host name of an exact origin, in ASCII and in lower case. Patterns and IP addresses have none.
    #[cfg(feature = "ssr")]
    pub fn host(&self) -> Option<&str> {
        match &self.pattern {
            Pattern::Exact(url::Origin::Tuple(_, Host::Domain(host), _)) => Some(host),
            _ => None,
        }
    }

    /// Whether the origin of a parsed URL is this origin or matches this pattern.
    pub(super) fn matches(&self, url: &Url) -> bool {
        match &self.pattern {
            Pattern::Exact(origin) => has_origin(url, origin),
            Pattern::AnyPort(host) => url.scheme() == "http" && url.host_str() == Some(*host),
            Pattern::Below { scheme, parent, port } => {
                url.scheme() == *scheme
                    && url.port_or_known_default() == Some(*port)
                    && matches!(url.host(), Some(Host::Domain(host)) if is_below(host, parent) && is_same_owner(host, parent))
            }
        }
    }
}

/// The origin of an instance's hosted portal pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalOrigin {
    text: String,
    origin: url::Origin,
}

impl PortalOrigin {
    /// Reads `https://accounts.myapp.com`.
    ///
    /// # Errors
    /// The first rule in [`OriginError`] that the text breaks.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, OriginError> {
        let text = trim_invisible(text);
        if text.contains('*') {
            return Err(OriginError::NotAnOrigin);
        }
        let url = stored_origin(text, environment)?;
        Ok(Self { text: origin_text(&url).to_owned(), origin: url.origin() })
    }

    /// The origin in ASCII, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a `Host` header names this origin by its host and port. The header has no scheme to compare.
    pub fn is_at(&self, host: &str) -> bool {
        let scheme = self.text.split(':').next().unwrap_or_default();
        Url::parse(&format!("{scheme}://{host}")).is_ok_and(|url| self.is_origin_of(&url))
    }

    /// Whether a parsed URL has this origin.
    pub(super) fn is_origin_of(&self, url: &Url) -> bool {
        has_origin(url, &self.origin)
    }
}

/// Whether a parsed web URL has that origin. `Url::origin` would copy its scheme and its host, for each origin that it is compared with.
pub(super) fn has_origin(url: &Url, origin: &url::Origin) -> bool {
    let url::Origin::Tuple(scheme, host, port) = origin else { return false };
    let is_host = match (url.host(), host) {
        (Some(Host::Domain(name)), Host::Domain(other)) => name == other,
        (Some(Host::Ipv4(address)), Host::Ipv4(other)) => address == *other,
        (Some(Host::Ipv6(address)), Host::Ipv6(other)) => address == *other,
        _ => false,
    };
    is_host && url.scheme() == scheme && url.port_or_known_default() == Some(*port)
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for AllowedOrigin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Whether the two belong to the same owner: no public suffix lies between them. `s3.amazonaws.com` lies below `amazonaws.com`, and
/// strangers own the names below it.
fn is_same_owner(host: &str, parent: &str) -> bool {
    let owner = psl::domain(parent.as_bytes());
    owner.is_none() || psl::domain(host.as_bytes()) == owner
}

/// The origin of a web URL that has no user name, in ASCII.
fn origin_text(url: &Url) -> &str {
    &url[..Position::BeforePath]
}

/// Reads an origin that may be stored: its host is an IP address, or a name that DNS carries.
fn stored_origin(text: &str, environment: Environment) -> Result<Url, OriginError> {
    let url = parse_origin(text, environment)?;
    check_stored_host(&url)?;
    Ok(url)
}

/// Checks the host of a URL that may be stored.
///
/// # Errors
/// It is a name that DNS does not carry.
pub(super) fn check_stored_host(url: &Url) -> Result<(), HostError> {
    match url.host() {
        Some(Host::Domain(name)) => check_host_name(name),
        _ => Ok(()),
    }
}

/// Reads an origin: `http` or `https`, a host, perhaps a port, and nothing else.
pub(super) fn parse_origin(text: &str, environment: Environment) -> Result<Url, OriginError> {
    if text.len() > MAX_ORIGIN_BYTES {
        return Err(OriginError::TooLong);
    }
    if let Some(invisible) = Invisible::first(text) {
        return Err(invisible.into());
    }
    let url = Url::parse(text).map_err(|_| OriginError::NotAnOrigin)?;
    // The parser also accepts an origin without `//`, and repairs backslashes. Nobody writes an origin so.
    if !matches!(url.scheme(), "http" | "https") || !is_absolute(text) || text.contains('\\') {
        return Err(OriginError::NotAnOrigin);
    }
    if !url.username().is_empty() || url.password().is_some() || url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(OriginError::NotAlone);
    }
    if url.host_str().is_none_or(|host| host.ends_with('.')) {
        return Err(OriginError::NotAnOrigin);
    }
    // What is stored is the ASCII form, which may be longer.
    if origin_text(&url).len() > MAX_ORIGIN_BYTES {
        return Err(OriginError::TooLong);
    }
    if url.scheme() == "http" && environment == Environment::Production {
        return Err(OriginError::Insecure);
    }
    Ok(url)
}
