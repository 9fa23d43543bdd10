//! An instance's own host name, parsed so that it can be compared with a URL's host byte by byte.

use std::fmt;

use url::Host;

use super::{Environment, Invisible};

/// An instance's own host name: ASCII, lower case, never a public suffix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain(String);

/// Why a text is no instance domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// Nothing, or blanks only.
    #[error("Enter the domain of your application, like myapp.com.")]
    Empty,
    /// A scheme, a path, a port or a user name is with it.
    #[error("Enter the host name alone, like myapp.com: no https://, no port, no path.")]
    NotAlone,
    /// More than DNS can carry (RFC 1035, section 2.3.4).
    #[error("That is too long for a domain: 253 characters at most, 63 between two dots.")]
    TooLong,
    /// The WHATWG host parser refuses it.
    #[error("That is not a host name. Use letters, digits, hyphens and dots, like myapp.com.")]
    NotAHost,
    /// A character that nobody sees is in it.
    #[error(transparent)]
    Invisible(#[from] Invisible),
    /// An IPv4 or IPv6 address, in any spelling.
    #[error("An IP address can't be a domain. Use a host name; IP addresses go under allowed origins.")]
    IpAddress,
    /// Strangers own names below it.
    #[error("That is a public suffix: anyone can own a name under it. Use your own name there, like my-team.vercel.app.")]
    PublicSuffix,
    /// `localhost`, or a name without a dot, in production.
    #[error("Names like localhost work in development only. Use your domain, or switch to development.")]
    LocalOnly,
}

impl Domain {
    /// Reads a domain as an admin types it: Unicode becomes ASCII (UTS 46), upper case lower.
    ///
    /// In development, any host name will do that is no public suffix with a dot in it: names without a dot are hosts of
    /// a local network (`localhost`, `testserver`), and nobody has to register the name ([`Domain::objection`]).
    ///
    /// # Errors
    /// Says which of the rules in [`DomainError`] is broken first.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, DomainError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(DomainError::Empty);
        }
        let ascii = host_name(text)?;
        let local = !ascii.contains('.') || ascii.ends_with(".localhost");
        match environment {
            Environment::Development if local => Ok(Self(ascii)),
            Environment::Production if is_too_long(&ascii) => Err(DomainError::TooLong),
            Environment::Production if ascii == "localhost" || ascii.ends_with(".localhost") => Err(DomainError::LocalOnly),
            _ if is_public_suffix(&ascii) => Err(DomainError::PublicSuffix),
            _ => Ok(Self(ascii)),
        }
    }

    /// The domain: ASCII, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `host`, as a parsed URL has it, is this domain or one of its subdomains, at any depth.
    pub(super) fn covers(&self, host: &str) -> bool {
        host == self.0 || is_below(host, &self.0)
    }

    /// Why nobody can own this name outside a local network, though it is a host name; what an admin types must not be such.
    pub fn objection(&self) -> Option<DomainError> {
        let listed = psl::suffix(self.0.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix.as_bytes() == self.0.as_bytes());
        if is_too_long(&self.0) { Some(DomainError::TooLong) } else { listed.then_some(DomainError::PublicSuffix) }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A host name alone, in ASCII, as the WHATWG host parser makes it, without a trailing dot.
pub(super) fn host_name(text: &str) -> Result<String, DomainError> {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Err(DomainError::IpAddress);
    }
    if text.contains(['/', '\\', ':', '@', '?', '#']) {
        return Err(DomainError::NotAlone);
    }
    if let Some(invisible) = Invisible::first(text) {
        return Err(invisible.into());
    }
    if text.contains(['%', ' ']) {
        return Err(DomainError::NotAHost);
    }
    // A longer text can't become shorter than DNS allows, but it can take long to parse.
    if text.len() > 1024 {
        return Err(DomainError::TooLong);
    }
    let ascii = match Host::parse(text) {
        Ok(Host::Domain(ascii)) => ascii,
        Ok(_) => return Err(DomainError::IpAddress),
        Err(_) => return Err(DomainError::NotAHost),
    };
    if ascii.split('.').any(str::is_empty) || ascii.contains('*') {
        return Err(DomainError::NotAHost);
    }
    Ok(ascii)
}

/// Whether `host` is a name below `parent`, one or more labels deep, and no label empty.
pub(super) fn is_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent)
        .and_then(|rest| rest.strip_suffix('.'))
        .is_some_and(|labels| !labels.is_empty() && labels.split('.').all(|label| !label.is_empty()))
}

/// Whether DNS can't carry the name (RFC 1035, section 2.3.4), which the WHATWG host parser does not ask.
fn is_too_long(ascii: &str) -> bool {
    ascii.len() > 253 || ascii.split('.').any(|label| label.len() > 63)
}

/// Whether strangers own names below `ascii`: the public suffix list has it, or it is a bare top-level name.
pub(super) fn is_public_suffix(ascii: &str) -> bool {
    psl::domain(ascii.as_bytes()).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn production(text: &str) -> Result<String, DomainError> {
        Domain::parse(text, Environment::Production).map(|domain| domain.to_string())
    }

    fn development(text: &str) -> Result<String, DomainError> {
        Domain::parse(text, Environment::Development).map(|domain| domain.to_string())
    }

    #[test]
    fn a_domain_is_stored_in_lower_case_ascii() {
        assert_eq!(production(" MyApp.COM ").as_deref(), Ok("myapp.com"));
        assert_eq!(production("münchen.de").as_deref(), Ok("xn--mnchen-3ya.de"));
        assert_eq!(production("xn--mnchen-3ya.de").as_deref(), Ok("xn--mnchen-3ya.de"));
        assert_eq!(production("my-team.vercel.app").as_deref(), Ok("my-team.vercel.app"));
        assert_eq!(production("example.co.uk").as_deref(), Ok("example.co.uk"));
    }

    #[test]
    fn what_is_no_domain_is_refused_by_its_reason() {
        for (text, error) in [
            ("", DomainError::Empty),
            (" \t ", DomainError::Empty),
            ("https://myapp.com", DomainError::NotAlone),
            ("myapp.com/", DomainError::NotAlone),
            ("myapp.com:443", DomainError::NotAlone),
            ("nick@myapp.com", DomainError::NotAlone),
            ("my app.com", DomainError::NotAHost),
            ("my\0app.com", Invisible('\0').into()),
            ("my\u{ad}app.com", Invisible('\u{ad}').into()),
            ("myapp.com\u{200b}", Invisible('\u{200b}').into()),
            ("%6dyapp.com", DomainError::NotAHost),
            ("*.myapp.com", DomainError::NotAHost),
            ("myapp.com.", DomainError::NotAHost),
            ("myapp..com", DomainError::NotAHost),
            (".myapp.com", DomainError::NotAHost),
            ("127.0.0.1", DomainError::IpAddress),
            ("0x7f.1", DomainError::IpAddress),
            ("2130706433", DomainError::IpAddress),
            ("::1", DomainError::IpAddress),
            (&"a".repeat(1025), DomainError::TooLong),
        ] {
            assert_eq!(production(text), Err(error), "{text:?}");
            assert_eq!(development(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn what_dns_cannot_carry_is_refused_in_production_and_objected_to_in_development() {
        let label = format!("{}.com", "a".repeat(64));
        for text in [&format!("{}com", "a.".repeat(150)), &format!("{}.com", "a".repeat(300)), &label] {
            assert_eq!(production(text), Err(DomainError::TooLong), "{text}");
            let domain = Domain::parse(text, Environment::Development).unwrap();
            assert_eq!(domain.objection(), Some(DomainError::TooLong), "{text}");
        }
        assert_eq!(Domain::parse("com", Environment::Development).unwrap().objection(), Some(DomainError::PublicSuffix));
        assert_eq!(Domain::parse("testserver", Environment::Development).unwrap().objection(), None);
        assert!(production(&format!("{}.com", "a".repeat(63))).is_ok());
    }

    #[test]
    fn a_public_suffix_is_refused_also_in_unicode() {
        for text in ["co.uk", "CO.UK", "vercel.app", "github.io", "公司.cn", "xn--55qx5d.cn"] {
            assert_eq!(production(text), Err(DomainError::PublicSuffix), "{text}");
            assert_eq!(development(text), Err(DomainError::PublicSuffix), "{text}");
        }
        assert_eq!(production("com"), Err(DomainError::PublicSuffix));
        assert_eq!(production("intranet"), Err(DomainError::PublicSuffix));
    }

    #[test]
    fn local_names_work_in_development_only() {
        assert_eq!(production("localhost"), Err(DomainError::LocalOnly));
        assert_eq!(production("app.localhost"), Err(DomainError::LocalOnly));
        for text in ["localhost", "app.localhost", "testserver"] {
            assert_eq!(development(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_domain_covers_itself_and_subdomains_at_label_boundaries() {
        let domain = Domain::parse("myapp.com", Environment::Production).unwrap();
        for host in ["myapp.com", "app.myapp.com", "a.b.c.myapp.com"] {
            assert!(domain.covers(host), "{host}");
        }
        for host in
            ["evilmyapp.com", "myapp.com.", "myapp.com.evil.com", ".myapp.com", "..myapp.com", "a..myapp.com", "com", "", "yapp.com"]
        {
            assert!(!domain.covers(host), "{host}");
        }
    }
}
