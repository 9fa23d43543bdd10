//! The mail server: whether it can be reached with TLS, and lets this program in. Nothing is sent.

use super::report::Report;
use crate::config::Config;

/// Checks the mail server.
pub(super) async fn check(config: &Config, report: &mut Report) {
    let about = "mail";
    let mailer = match config.mail.mailer() {
        Ok(Some(mailer)) => mailer,
        Ok(None) => return report.note(about, "no mail is sent: invitations are links to hand over, and nobody can reset a password by mail. Set --smtp-url and --mail-from to change that."),
        Err(error) => return report.problem(about, format!("{error:#}")),
    };
    match mailer.check().await {
        Ok(()) => report.ok(about, format!("{} takes mail from {}", mailer.server(), mailer.from())),
        Err(error) => report.problem(
            about,
            format!(
                "{} does not let this server in: {error}. Check the host, the port, the user name and the password in --smtp-url.",
                mailer.server()
            ),
        ),
    }
}
