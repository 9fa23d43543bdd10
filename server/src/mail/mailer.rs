//! One mail over SMTP.

use std::{fmt, sync::Arc, time::Duration};

use anyhow::Context;
use app::mail::{Message, one_line};
use base64::{Engine, engine::general_purpose::STANDARD};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    address::Envelope,
    message::{
        Mailbox, Message as MailMessage, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use url::Host;

use super::smtp_url::{SmtpTls, SmtpUrl};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long sending may take in all: connecting, TLS, signing in, and the mail itself.
pub(crate) const SEND_TIMEOUT: Duration = Duration::from_secs(20);

/// What rustls says of a certificate whose authority is unknown.
const UNKNOWN_AUTHORITY: &str = "UnknownIssuer";

/// What is said of it.
const ADD_AUTHORITY: &str = "this machine does not trust the certificate's authority; add it there, or set SSL_CERT_FILE";

/// The replies that say that signing in failed, or is needed: the configuration is wrong, not the mail.
const SIGN_IN_REPLIES: [u16; 4] = [530, 534, 535, 538];

/// Sends mail.
#[derive(Clone)]
pub struct Mailer(Arc<Shared>);

struct Shared {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    /// The server, without the password.
    server: String,
    secrets: Vec<String>,
    timeout: Duration,
}

/// Leaves out everything but the server.
impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailer").field(&self.0.server).finish()
    }
}

/// Why a mail was not sent. The text has no secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// The server refuses this mail for good, or it can't be sent to this address.
    #[error("{0}")]
    Refused(String),
    /// The server does not take it now.
    #[error("{0}")]
    NotNow(String),
    /// The server can't be reached, or does not let this program in. Other mails will not be sent either.
    #[error("{0}")]
    Unreachable(String),
}

impl Mailer {
    /// Sends mail over the server of that URL, from that address.
    ///
    /// # Errors
    /// One of them is not valid, or there is no TLS. The message does not contain the URL.
    pub fn parse(url: &str, from: &str) -> anyhow::Result<Self> {
        Self::new(&url.parse()?, from)
    }

    /// Sends mail over that server, from that address.
    ///
    /// # Errors
    /// The address is not one, or there is no TLS.
    pub(crate) fn new(url: &SmtpUrl, from: &str) -> anyhow::Result<Self> {
        Self::with_timeout(url, from, SEND_TIMEOUT)
    }

    pub(super) fn with_timeout(url: &SmtpUrl, from: &str, timeout: Duration) -> anyhow::Result<Self> {
        let from = address(from).ok_or_else(|| anyhow::anyhow!("--mail-from is not an email address like no-reply@myapp.com"))?;
        let tls = || TlsParameters::new(url.host.clone()).context("there is no TLS for --smtp-url");
        let tls = match url.tls {
            SmtpTls::Implicit => Tls::Wrapper(tls()?),
            SmtpTls::Starttls => Tls::Required(tls()?),
            SmtpTls::None => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&url.host)
            .port(url.port)
            .tls(tls)
            .hello_name(ClientId::Domain(from.domain().to_owned()))
            .timeout(Some(CONNECT_TIMEOUT));
        let mut secrets = Vec::new();
        if let Some((user, password)) = &url.credentials {
            transport = transport.credentials(Credentials::new(user.clone(), password.clone()));
            // As AUTH PLAIN and AUTH LOGIN send them.
            secrets.extend([password.clone(), STANDARD.encode(format!("\0{user}\0{password}")), STANDARD.encode(password)]);
        }
        Ok(Self(Arc::new(Shared { transport: transport.build(), from, server: url.to_string(), secrets, timeout })))
    }

    /// The mail server, as it may be shown.
    pub(crate) fn server(&self) -> &str {
        &self.0.server
    }

    /// The address that mail is from.
    pub(crate) fn from(&self) -> &str {
        self.0.from.as_ref()
    }

    /// Sends a message. Its `id` shows a recipient who gets it twice that it is the same.
    pub(crate) async fn send(&self, message: &Message, id: &str) -> Result<(), SendError> {
        let (envelope, mail) = self.compose(message, id)?;
        let sending = self.0.transport.send_raw(&envelope, &mail);
        self.in_time(sending, &message.secrets).await.map(|_| ())
    }

    /// Connects and signs in, and sends nothing.
    pub(crate) async fn check(&self) -> Result<(), SendError> {
        match self.in_time(self.0.transport.test_connection(), &[]).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(SendError::Unreachable(format!("{} closes the connection at once", self.0.server))),
            Err(error) => Err(error),
        }
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Error>>, secrets: &[String]) -> Result<T, SendError> {
        match tokio::time::timeout(self.0.timeout, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(self.classify(&error, secrets)),
            Err(_) => {
                let seconds = self.0.timeout.as_secs();
                Err(SendError::Unreachable(format!("{} did not answer within {seconds} seconds", self.0.server)))
            }
        }
    }

    /// Whose fault an error is. Its text has no secret, even where a server's answer repeats one.
    fn classify(&self, error: &Error, secrets: &[String]) -> SendError {
        let mut text = with_causes(error);
        for secret in self.0.secrets.iter().chain(secrets).filter(|secret| !secret.is_empty()) {
            text = text.replace(secret.as_str(), "…");
        }
        if text.contains(UNKNOWN_AUTHORITY) {
            text = format!("{ADD_AUTHORITY} ({})", self.0.server);
        }
        let text = one_line(&text);
        match error.status().map(u16::from) {
            Some(status) if SIGN_IN_REPLIES.contains(&status) => SendError::Unreachable(text),
            Some(_) if error.is_permanent() => SendError::Refused(text),
            Some(_) => SendError::NotNow(text),
            None if error.is_client() && !text.contains("uthentication") => SendError::Refused(text),
            None => SendError::Unreachable(text),
        }
    }

    /// The message as it is sent, and whom it is sent to.
    pub(super) fn compose(&self, message: &Message, id: &str) -> Result<(Envelope, Vec<u8>), SendError> {
        let to =
            address(&message.recipient).ok_or_else(|| SendError::Refused("mail can't be sent to an address of this form".to_owned()))?;
        let refused = |error: lettre::error::Error| SendError::Refused(one_line(&error.to_string()));
        let envelope = Envelope::new(Some(self.0.from.clone()), vec![to.clone()]).map_err(refused)?;
        // Once more where the headers are made: nothing that others choose may hold a line break.
        let (sender, subject) = (one_line(&message.sender_name), one_line(&message.subject));
        let mut mail = MailMessage::builder()
            .from(Mailbox::new(Some(sender), self.0.from.clone()))
            .to(Mailbox::new(None, to))
            .subject(subject)
            .message_id(Some(format!("<{id}@{}>", self.0.from.domain())))
            .multipart(MultiPart::alternative_plain_html(message.plain.clone(), message.html.clone()))
            .map_err(refused)?;
        // Holiday replies are not wanted (RFC 3834).
        mail.headers_mut().insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()));
        Ok((envelope, mail.formatted()))
    }
}

/// An address as mail servers read it: the host in ASCII. Letters beyond ASCII before the `@` need a server that takes them.
fn address(text: &str) -> Option<Address> {
    let (user, domain) = text.rsplit_once('@')?;
    let domain = match Host::parse(domain).ok()? {
        Host::Domain(domain) => domain,
        Host::Ipv4(_) | Host::Ipv6(_) => return None,
    };
    Address::new(user, domain).ok()
}

/// An error with its causes, in one text.
fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let more = next.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = next.source();
    }
    text
}
