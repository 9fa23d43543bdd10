//! The URL of the mail server.

use std::{borrow::Cow, fmt, str::FromStr};

use percent_encoding::percent_decode_str;
use url::Url;

use crate::http::dashboard_url::is_loopback;

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SmtpTls {
    /// From its beginning.
    Implicit,
    /// After STARTTLS, without which nothing is sent.
    Starttls,
    /// Not at all, on this machine only.
    None,
}

/// Where mail is handed over, and how.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SmtpUrl {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: SmtpTls,
    pub(super) credentials: Option<(String, String)>,
}

/// Why a text is not such a URL. It does not contain the text, which may have a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAnSmtpUrl {
    #[error(
        "--smtp-url is not a URL like smtps://USER:PASSWORD@mail.myapp.com. Percent-encode special characters in the password, such as @ (%40) and / (%2F)"
    )]
    Form,
    #[error("--smtp-url needs the user name and the password, or neither")]
    HalfCredentials,
    #[error(
        "--smtp-url may have ?tls=none for a mail server on this machine only: elsewhere, anybody on the way could read the mails and the password"
    )]
    NoTls,
}

impl FromStr for SmtpUrl {
    type Err = NotAnSmtpUrl;

    fn from_str(text: &str) -> Result<Self, NotAnSmtpUrl> {
        let url = Url::parse(text.trim()).map_err(|_| NotAnSmtpUrl::Form)?;
        let tls = match (url.scheme(), url.query()) {
            ("smtps", None) => SmtpTls::Implicit,
            ("smtp", None) => SmtpTls::Starttls,
            ("smtp", Some("tls=none")) => SmtpTls::None,
            _ => return Err(NotAnSmtpUrl::Form),
        };
        // Without the brackets of an IPv6 address.
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(NotAnSmtpUrl::Form)?.to_ascii_lowercase();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(NotAnSmtpUrl::Form);
        }
        if tls == SmtpTls::None && !is_loopback(&host) {
            return Err(NotAnSmtpUrl::NoTls);
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(Cow::into_owned).map_err(|_| NotAnSmtpUrl::Form);
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(NotAnSmtpUrl::HalfCredentials),
            (user, Some(password)) => Some((decoded(user)?, decoded(password)?)),
        };
        let port = url.port().unwrap_or(if tls == SmtpTls::Implicit { 465 } else { 587 });
        Ok(Self { host, port, tls, credentials })
    }
}

/// The server and how it is reached. The password is left out.
impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = match self.tls {
            SmtpTls::Implicit => "with TLS",
            SmtpTls::Starttls => "with STARTTLS",
            SmtpTls::None => "without TLS",
        };
        write!(f, "{}:{} {tls}", self.host, self.port)
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_mail_goes_and_how_it_is_encrypted() {
        let url: SmtpUrl = "smtps://ana%40myapp.com:p%40ss%2Fword@Mail.MyApp.com".parse().unwrap();
        assert_eq!((url.host.as_str(), url.port, url.tls), ("mail.myapp.com", 465, SmtpTls::Implicit));
        assert_eq!(url.credentials, Some(("ana@myapp.com".to_owned(), "p@ss/word".to_owned())));
        assert_eq!(url.to_string(), "mail.myapp.com:465 with TLS");
        assert_eq!(format!("{url:?}"), "SmtpUrl(mail.myapp.com:465 with TLS)");
        let url: SmtpUrl = "smtp://mail.myapp.com".parse().unwrap();
        assert_eq!((url.port, url.tls, url.credentials), (587, SmtpTls::Starttls, None));
        let url: SmtpUrl = "smtp://127.0.0.1:2525?tls=none".parse().unwrap();
        assert_eq!((url.port, url.tls), (2525, SmtpTls::None));
    }

    #[test]
    fn a_password_never_travels_unencrypted_and_is_in_no_message() {
        for (text, error) in [
            ("", NotAnSmtpUrl::Form),
            ("mail.myapp.com", NotAnSmtpUrl::Form),
            ("https://user:hunter2@mail.myapp.com", NotAnSmtpUrl::Form),
            ("smtps://user:hunter2@", NotAnSmtpUrl::Form),
            ("smtp://user:hunter2@mail.myapp.com/inbox", NotAnSmtpUrl::Form),
            ("smtp://user:hunter2@mail.myapp.com?tls=opportunistic", NotAnSmtpUrl::Form),
            ("smtps://user:hunter2@mail.myapp.com?tls=none", NotAnSmtpUrl::Form),
            ("smtps://user:hunter2@mail.myapp.com:99999", NotAnSmtpUrl::Form),
            ("smtps://hunter2@mail.myapp.com", NotAnSmtpUrl::HalfCredentials),
            ("smtp://user:hunter2@mail.myapp.com?tls=none", NotAnSmtpUrl::NoTls),
            ("smtp://10.0.0.7?tls=none", NotAnSmtpUrl::NoTls),
        ] {
            let refused = text.parse::<SmtpUrl>().unwrap_err();
            assert_eq!(refused, error, "{text}");
            assert!(!refused.to_string().contains("hunter2"));
        }
    }
}
