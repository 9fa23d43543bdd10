//! `portal-redirects admin`: invitations, password resets and the removal of accounts, straight in a database that is already running.

use std::process::ExitCode;

use app::admins::{
    Email,
    commands::{self, CommandError},
};
use clap::Subcommand;

use crate::{config::Config, database, http::dashboard_url::DashboardUrl, process::stdout::print_line};

/// The subcommands of `admin`.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Print an invitation link. It makes somebody a server-wide admin, who may create instances.
    ///
    /// The link is valid for a week and works once. It starts with --dashboard-url or --listen, so pass the same as to the server.
    Invite {
        /// Who to invite.
        email: Email,
        /// Also make them an owner of every existing instance.
        #[arg(long)]
        owner: bool,
    },
    /// Print a password reset link. It also turns off the account's second factor.
    ///
    /// The link is valid for an hour and works once. It starts with --dashboard-url or --listen, so pass the same as to the server.
    Reset {
        /// The account's email address.
        email: Email,
    },
    /// Remove an account, with its sessions, memberships and API tokens.
    Remove {
        /// The account's email address.
        email: Email,
    },
}

/// Runs a subcommand and prints its result on standard output. A link is alone on the last line.
///
/// # Errors
/// The database can't be reached, or the command is refused.
pub(crate) fn run(command: &Command, config: &Config) -> anyhow::Result<ExitCode> {
    let dashboard_url = DashboardUrl::new(config.dashboard_url.clone(), config.listen)?;
    let result = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut connection = database::connect(config).await?;
        anyhow::Ok(execute(command, &mut connection, &dashboard_url).await?)
    })?;
    print_line(&result);
    Ok(ExitCode::SUCCESS)
}

async fn execute(command: &Command, connection: &mut sqlx::PgConnection, dashboard_url: &DashboardUrl) -> Result<String, CommandError> {
    let (sentence, (purpose, token)) = match command {
        Command::Invite { email, owner } => {
            let owner_too = if *owner { ", and an owner of every instance" } else { "" };
            let sentence =
                format!("This link makes {email} an admin who may create instances{owner_too}. It is valid for a week and works once:");
            (sentence, commands::invite(connection, email, *owner).await?)
        }
        Command::Reset { email } => {
            let reset = commands::reset(connection, email).await?;
            let second_factor = if reset.has_second_factor { " That also turns off their second factor." } else { "" };
            let sentence =
                format!("With this link, {email} can choose a new password.{second_factor} It is valid for an hour and works once:");
            (sentence, (reset.purpose, reset.token))
        }
        Command::Remove { email } => {
            let with = match commands::remove(connection, email).await? {
                0 => String::new(),
                1 => " 1 API token of theirs stopped working.".to_owned(),
                count => format!(" {count} API tokens of theirs stopped working."),
            };
            return Ok(format!("Removed the account of {email}.{with}"));
        }
    };
    Ok(format!("{sentence}\n{}", dashboard_url.link(purpose.page(), &token.secret())))
}
