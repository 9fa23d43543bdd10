//! `portal-redirects admin`: links for those who can't get in, and accounts that must go. Asks the database itself, and starts none.

use std::process::ExitCode;

use app::admins::{
    Email,
    command::{self, CommandError},
};
use clap::Subcommand;

use crate::{config::Config, database, http::dashboard_url::DashboardUrl};

/// What can be done about admins from the command line.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Print a link with which somebody becomes a server-wide admin: they may create instances.
    ///
    /// It holds for a week, and once. --dashboard-url or --listen must be what the server uses, as the link begins with it.
    Invite {
        /// Whom it is for.
        email: Email,
        /// Makes them an owner of every instance there is, too.
        #[arg(long)]
        owner: bool,
    },
    /// Print a link with which somebody chooses a new password.
    ///
    /// It holds for an hour, and once. --dashboard-url or --listen must be what the server uses, as the link begins with it.
    Reset {
        /// Whose account it is.
        email: Email,
    },
    /// Remove an account: its sessions end, and it is a member of nothing.
    Remove {
        /// Whose account it is.
        email: Email,
    },
}

/// Does it, and says so on standard output; a link stands alone on the last line.
///
/// # Errors
/// The database can't be reached, or what was asked for is refused.
pub(crate) fn run(command: &Command, config: &Config) -> anyhow::Result<ExitCode> {
    let dashboard_url = DashboardUrl::new(config.dashboard_url.clone(), config.listen)?;
    let said = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut connection = database::connect(config).await?;
        anyhow::Ok(follow(command, &mut connection, &dashboard_url).await?)
    })?;
    say(&said);
    Ok(ExitCode::SUCCESS)
}

async fn follow(command: &Command, connection: &mut sqlx::PgConnection, reach: &DashboardUrl) -> Result<String, CommandError> {
    let (said, (purpose, token)) = match command {
        Command::Invite { email, owner } => {
            let owner_too = if *owner { ", and an owner of every instance" } else { "" };
            let said = format!("This link makes {email} an admin who may create instances{owner_too}. It holds for a week, and once:");
            (said, command::invite(connection, email, *owner).await?)
        }
        Command::Reset { email } => {
            let said = format!("With this link {email} chooses a new password. It holds for an hour, and once:");
            (said, command::reset(connection, email).await?)
        }
        Command::Remove { email } => {
            command::remove(connection, email).await?;
            return Ok(format!("The account of {email} is removed."));
        }
    };
    Ok(format!("{said}\n{}", reach.link(purpose.page(), &token.secret())))
}

#[expect(clippy::print_stdout, reason = "what was asked for")]
fn say(text: &str) {
    println!("{text}");
}
