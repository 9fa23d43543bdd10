//! Stored origins: the portal's own, and those that an admin allows besides the domain.

use std::fmt;

use serde::Serialize;
use url::{Host, Url};

use super::{
    Environment, Invisible,
    domain::{host_name, is_below, is_public_suffix},
};

/// Why a text is no origin that may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Not an absolute `http` or `https` URL.
    #[error("That is not an origin. Write it like https://app.example.com, or http://localhost:5173.")]
    NotAnOrigin,
    /// A character that nobody sees is in it.
    #[error(transparent)]
    Invisible(#[from] Invisible),
    /// A path, a query, a fragment or a user name is with it.
    #[error("An origin is scheme, host and port only. Remove what follows, like /path or ?query.")]
    NotAlone,
    /// `http` in production.
    #[error("http is for development only. Use https.")]
    Insecure,
    /// `*` somewhere else than as the whole leftmost part.
    #[error("A * can only be the whole leftmost part, like https://*.preview.myapp.dev.")]
    Wildcard,
    /// A wildcard right below a public suffix.
    #[error("Anyone can own a name there. Put the * below your own name, like https://*.my-team.vercel.app.")]
    PublicSuffix,
    /// More than 512 bytes.
    #[error("That is too long for an origin.")]
    TooLong,
}

/// An origin that an admin allows besides the instance's domain: exact, or with `*` as its leftmost part.
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
}

impl AllowedOrigin {
    /// Reads `https://app.example.com[:port]` or `https://*.preview.myapp.dev[:port]`.
    ///
    /// # Errors
    /// Says which of the rules in [`OriginError`] is broken first.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, OriginError> {
        let text = text.trim();
        if !text.contains('*') {
            let url = parse_origin(text, environment)?;
            return Ok(Self { text: url.origin().ascii_serialization(), pattern: Pattern::Exact(url.origin()) });
        }
        let (scheme, rest) = text.split_once("://*.").ok_or(OriginError::Wildcard)?;
        if rest.contains('*') || scheme.contains('*') {
            return Err(OriginError::Wildcard);
        }
        let url = parse_origin(&format!("{scheme}://{rest}"), environment)?;
        let parent = url.host_str().and_then(|host| host_name(host).ok()).ok_or(OriginError::Wildcard)?;
        let local = environment == Environment::Development && parent == "localhost";
        if is_public_suffix(&parent) && !local {
            return Err(OriginError::PublicSuffix);
        }
        let scheme = if url.scheme() == "http" { "http" } else { "https" };
        let written = url.port().map_or_else(String::new, |port| format!(":{port}"));
        Ok(Self {
            text: format!("{scheme}://*.{parent}{written}"),
            pattern: Pattern::Below { scheme, parent, port: url.port_or_known_default().unwrap_or_default() },
        })
    }

    /// The origin or pattern, in ASCII.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a parsed URL's origin is this one, or matches its pattern.
    pub(super) fn matches(&self, url: &Url) -> bool {
        match &self.pattern {
            Pattern::Exact(origin) => url.origin() == *origin,
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
    /// Says which of the rules in [`OriginError`] is broken first.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, OriginError> {
        let text = text.trim();
        if text.contains('*') {
            return Err(OriginError::NotAnOrigin);
        }
        let origin = parse_origin(text, environment)?.origin();
        Ok(Self { text: origin.ascii_serialization(), origin })
    }

    /// The origin, in ASCII, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a `Host` header, with its port, names this origin. The scheme is not in there.
    pub fn is_at(&self, host: &str) -> bool {
        let scheme = self.text.split(':').next().unwrap_or_default();
        Url::parse(&format!("{scheme}://{host}")).is_ok_and(|url| url.origin() == self.origin)
    }

    /// Whether a parsed URL has this origin.
    pub(super) fn is_origin_of(&self, url: &Url) -> bool {
        url.origin() == self.origin
    }
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

/// Whether no public suffix lies between the two: below `amazonaws.com` is `s3.amazonaws.com`, and below that are strangers.
fn is_same_owner(host: &str, parent: &str) -> bool {
    let owner = psl::domain(parent.as_bytes());
    owner.is_none() || psl::domain(host.as_bytes()) == owner
}

/// An origin as it is written: `http` or `https`, a host, perhaps a port, and nothing else.
pub(super) fn parse_origin(text: &str, environment: Environment) -> Result<Url, OriginError> {
    if text.len() > 512 {
        return Err(OriginError::TooLong);
    }
    if let Some(invisible) = Invisible::first(text) {
        return Err(invisible.into());
    }
    let url = Url::parse(text).map_err(|_| OriginError::NotAnOrigin)?;
    // The parser also accepts an origin without `//`, and repairs backslashes. Nobody writes an origin so.
    let written = text.get(..url.scheme().len() + 3).is_some_and(|start| start.to_ascii_lowercase() == format!("{}://", url.scheme()));
    if !matches!(url.scheme(), "http" | "https") || !written || text.contains('\\') {
        return Err(OriginError::NotAnOrigin);
    }
    if !url.username().is_empty() || url.password().is_some() || url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(OriginError::NotAlone);
    }
    if url.host_str().is_none_or(|host| host.ends_with('.')) {
        return Err(OriginError::NotAnOrigin);
    }
    // Unicode grows in ASCII, which is what is stored.
    if url.origin().ascii_serialization().len() > 512 {
        return Err(OriginError::TooLong);
    }
    if url.scheme() == "http" && environment == Environment::Production {
        return Err(OriginError::Insecure);
    }
    Ok(url)
}
