//! How mail is sent, if it is.

use clap::Args;

use crate::mail::Mailer;

/// The options about mail.
#[derive(Clone, Args)]
pub struct MailConfig {
    /// URL of the mail server that takes mail to send: `smtps://USER:PASSWORD@HOST` with TLS from the start (port 465), or
    /// `smtp://USER:PASSWORD@HOST` with STARTTLS (port 587). A mail server on this machine may do without: `smtp://localhost:25?tls=none`.
    /// Without this option, no mail is sent, and nobody can reset a password by mail.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<String>,

    /// The address that mail is from, for example no-reply@myapp.com. Required with --smtp-url.
    #[arg(long, global = true, env = "PORTAL_REDIRECTS_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
}

/// Leaves out the URL, whose password must not be in a log.
impl std::fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailConfig").field("is_on", &self.smtp_url.is_some()).field("mail_from", &self.mail_from).finish()
    }
}

impl MailConfig {
    /// What sends mail; `None` if none is sent.
    ///
    /// # Errors
    /// The options are not valid, or don't fit together. The message does not contain the URL.
    pub(crate) fn mailer(&self) -> anyhow::Result<Option<Mailer>> {
        let given = |value: &Option<String>| value.as_deref().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
        match (given(&self.smtp_url), given(&self.mail_from)) {
            (None, None) => Ok(None),
            (Some(_), None) => anyhow::bail!("--smtp-url needs --mail-from as well: the address that mail is from"),
            (None, Some(_)) => anyhow::bail!("--mail-from has no effect without --smtp-url; set both, or leave both out"),
            (Some(url), Some(from)) => Ok(Some(Mailer::parse(&url, &from)?)),
        }
    }
}
