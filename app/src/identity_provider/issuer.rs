//! A provider's issuer: the URL by which it is found, and which its tokens must name to the letter.

use url::Url;

use crate::redirects::{Environment, trim_invisible};

use super::AllowedProviders;

/// The longest issuer, in bytes.
const MAX_BYTES: usize = 2048;

/// An issuer, as the provider writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

/// Why a text is no issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnIssuer {
    /// Nothing was typed.
    #[error("Enter the issuer's URL, like https://login.company.com.")]
    Empty,
    /// It is no URL of that kind.
    #[error("Enter the issuer as the provider writes it: a URL that begins with https://, without ? and #.")]
    Form,
    /// It is the address of the discovery document.
    #[error("That is the address of the discovery document. Leave out /.well-known/openid-configuration.")]
    Discovery,
    /// It has no TLS.
    #[error("The issuer must begin with https://. Without TLS, anybody on the way could sign in as anybody.")]
    Insecure,
}

impl Issuer {
    /// Reads an issuer. It stays as typed, because it is compared to the letter. Without TLS, it is one in development only, and only
    /// where the server asks providers in private networks.
    ///
    /// # Errors
    /// The text is no issuer.
    pub fn parse(text: &str, environment: Environment, allowed: AllowedProviders) -> Result<Self, NotAnIssuer> {
        let text = trim_invisible(text);
        if text.is_empty() {
            return Err(NotAnIssuer::Empty);
        }
        if text.ends_with("/.well-known/openid-configuration") {
            return Err(NotAnIssuer::Discovery);
        }
        let url = Url::parse(text).map_err(|_| NotAnIssuer::Form)?;
        let is_plain = url.username().is_empty() && url.password().is_none() && url.has_host() && !text.contains(['?', '#', '\\', ' ']);
        let is_written_so = text.starts_with("https://") || text.starts_with("http://");
        if !is_plain || !is_written_so || text.len() > MAX_BYTES {
            return Err(NotAnIssuer::Form);
        }
        let may_lack_tls = environment == Environment::Development && allowed == AllowedProviders::Private;
        if url.scheme() == "https" || may_lack_tls { Ok(Self(text.to_owned())) } else { Err(NotAnIssuer::Insecure) }
    }

    /// The issuer.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, NotAnIssuer> {
        Issuer::parse(text, Environment::Production, AllowedProviders::Public).map(|issuer| issuer.0)
    }

    #[test]
    fn an_issuer_stays_as_it_is_typed() {
        for text in ["https://login.company.com", "https://login.company.com/", "https://login.company.com/realms/a", "https://a:8443/B/"] {
            assert_eq!(parse(&format!(" {text} ")).as_deref(), Ok(text));
        }
    }

    #[test]
    fn an_error_names_the_mistake() {
        for (text, error) in [
            ("", NotAnIssuer::Empty),
            ("login.company.com", NotAnIssuer::Form),
            ("ftp://login.company.com", NotAnIssuer::Form),
            ("HTTPS://login.company.com", NotAnIssuer::Form),
            ("https://ana:secret@login.company.com", NotAnIssuer::Form),
            ("https://login.company.com?x", NotAnIssuer::Form),
            ("https://login.company.com#x", NotAnIssuer::Form),
            ("https:\\\\login.company.com", NotAnIssuer::Form),
            ("https://login.company.com/.well-known/openid-configuration", NotAnIssuer::Discovery),
            ("http://login.company.com", NotAnIssuer::Insecure),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn only_development_in_a_private_network_does_without_tls() {
        for environment in [Environment::Development, Environment::Production] {
            for allowed in [AllowedProviders::Off, AllowedProviders::Public, AllowedProviders::Private] {
                let is_one = environment == Environment::Development && allowed == AllowedProviders::Private;
                assert_eq!(Issuer::parse("http://localhost:4000", environment, allowed).is_ok(), is_one);
            }
        }
    }
}
