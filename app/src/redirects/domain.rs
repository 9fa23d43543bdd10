//! An instance's own host name, in a form that can be compared with the host of a parsed URL byte by byte.

use std::fmt;

use url::Host;

use super::{Environment, HostError, Invisible, host::check_host_name, invisible::trim_invisible};

/// An instance's own host name: in ASCII, in lower case, and never a public suffix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain(String);

/// Why a text cannot be the domain of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// It is empty or blank.
    #[error("Enter the domain of your application, like myapp.com.")]
    Empty,
    /// It has a scheme, a path, a port or a user name.
    #[error("Enter only the host name, like myapp.com, without https://, port or path.")]
    NotAlone,
    /// It is longer than any text that is worth parsing.
    #[error("That domain is too long. Use at most 253 characters, and at most 63 between dots.")]
    TooLong,
    /// The WHATWG host parser rejects it.
    #[error("That is not a host name. Use letters, digits, hyphens and dots, like myapp.com.")]
    NotAHost,
    /// It contains an invisible character.
    #[error(transparent)]
    Invisible(#[from] Invisible),
    /// DNS carries no such name.
    #[error(transparent)]
    Dns(#[from] HostError),
    /// It is an IPv4 or IPv6 address, in any spelling.
    #[error("An IP address can't be the domain. Enter a host name, and add IP addresses as allowed origins.")]
    IpAddress,
    /// It is a public suffix: strangers own names below it.
    #[error("That is a public suffix: anyone can register a name under it. Use your own name, like my-team.vercel.app.")]
    PublicSuffix,
    /// It is `localhost` or a name below it, in production.
    #[error("Names like localhost work in development only. Use your domain, or switch to development.")]
    LocalOnly,
}

impl Domain {
    /// Reads a domain as an admin types it. Unicode becomes ASCII (UTS 46), and upper case becomes lower case.
    ///
    /// Development also accepts names without a dot, which are hosts of a local network (`localhost`, `testserver`).
    /// [`Domain::objection`] says which of them an admin must not choose.
    ///
    /// # Errors
    /// The first rule in [`DomainError`] that the text breaks.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, DomainError> {
        let text = trim_invisible(text);
        if text.is_empty() {
            return Err(DomainError::Empty);
        }
        let ascii = host_name(text)?;
        let local = !ascii.contains('.') || ascii.ends_with(".localhost");
        match environment {
            Environment::Development if local => Ok(Self(ascii)),
            Environment::Production if ascii == "localhost" || ascii.ends_with(".localhost") => Err(DomainError::LocalOnly),
            _ if is_public_suffix(&ascii) => Err(DomainError::PublicSuffix),
            _ => Ok(Self(ascii)),
        }
    }

    /// The domain, in ASCII and in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the host of a parsed URL is this domain or one of its subdomains, at any depth.
    pub(super) fn covers(&self, host: &str) -> bool {
        host == self.0 || is_below(host, &self.0)
    }

    /// Why nobody can own this name outside a local network, if that is so. The settings form rejects such a name, in development too.
    pub fn objection(&self) -> Option<DomainError> {
        let listed = psl::suffix(self.0.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix.as_bytes() == self.0.as_bytes());
        listed.then_some(DomainError::PublicSuffix)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a host name and nothing else. Returns it in ASCII, as the WHATWG host parser writes it, and never with a trailing dot.
pub(crate) fn host_name(text: &str) -> Result<String, DomainError> {
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
    // A text this long is too long for DNS in any case, and slow to parse.
    if text.len() > 1024 {
        return Err(DomainError::TooLong);
    }
    let ascii = match Host::parse(text) {
        Ok(Host::Domain(ascii)) => ascii,
        Ok(_) => return Err(DomainError::IpAddress),
        Err(_) => return Err(DomainError::NotAHost),
    };
    if ascii.contains('*') {
        return Err(DomainError::NotAHost);
    }
    check_host_name(&ascii)?;
    Ok(ascii)
}

/// Whether `host` is a name below `parent`, by one or more labels, none of which is empty.
pub(super) fn is_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent)
        .and_then(|rest| rest.strip_suffix('.'))
        .is_some_and(|labels| !labels.is_empty() && labels.split('.').all(|label| !label.is_empty()))
}

/// Whether two hosts belong to the same owner: they are the same, or they are below the same registrable domain.
#[cfg(feature = "ssr")]
pub fn is_same_site(one: &str, other: &str) -> bool {
    let registrable = |host| psl::domain(str::as_bytes(host)).filter(|domain| domain.suffix().is_known());
    one == other || registrable(one).is_some_and(|domain| Some(domain) == registrable(other))
}

/// Whether strangers own names below `ascii`: it is on the public suffix list, or has no dot.
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
        assert_eq!(production("straße.de").as_deref(), Ok("xn--strae-oqa.de"));
        assert_eq!(production("\u{feff}myapp.com\u{200b}").as_deref(), Ok("myapp.com"));
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
            ("my\u{200b}app.com", Invisible('\u{200b}').into()),
            ("%6dyapp.com", DomainError::NotAHost),
            ("*.myapp.com", DomainError::NotAHost),
            ("myapp.com.", HostError::EmptyLabel.into()),
            ("myapp..com", HostError::EmptyLabel.into()),
            (".myapp.com", HostError::EmptyLabel.into()),
            ("myapp.com,", HostError::Character(',').into()),
            ("“myapp.com”", HostError::Character('“').into()),
            ("my_app.com", HostError::Underscore.into()),
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
    fn what_dns_cannot_carry_is_refused_and_a_public_suffix_is_objected_to() {
        let label = format!("{}.com", "a".repeat(64));
        for text in [&format!("{}com", "a.".repeat(150)), &format!("{}.com", "a".repeat(300)), &label] {
            assert_eq!(production(text), Err(HostError::TooLong.into()), "{text}");
            assert_eq!(development(text), Err(HostError::TooLong.into()), "{text}");
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

    #[cfg(feature = "ssr")]
    #[test]
    fn hosts_below_a_registrable_domain_are_of_one_site() {
        for (one, other) in [("myapp.com", "www.myapp.com"), ("a.b.example.co.uk", "example.co.uk"), ("127.0.0.1", "127.0.0.1")] {
            assert!(is_same_site(one, other), "{one} {other}");
        }
        for (one, other) in
            [("myapp.com", "evilmyapp.com"), ("a.co.uk", "b.co.uk"), ("a.vercel.app", "b.vercel.app"), ("10.0.0.1", "9.0.0.1")]
        {
            assert!(!is_same_site(one, other), "{one} {other}");
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
