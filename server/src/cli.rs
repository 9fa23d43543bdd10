//! The command line: what to do, and with which configuration.

use clap::{Parser, Subcommand};

use crate::{config::Config, process::admin, resolve};

/// Where visitors of the Account Portal go: a dashboard to set it, and the portal's API that answers by it.
#[derive(Clone, Debug, Parser)]
#[command(name = "portal-redirects", version, about = "Where visitors of the Account Portal go: a dashboard to set it, and the portal's API that answers by it.", long_about = None, max_term_width = 120)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// How to do it.
    #[command(flatten)]
    pub config: Config,
}

/// What the binary can do.
#[derive(Clone, Debug, Default, Subcommand)]
pub enum Command {
    /// Serve the dashboard and the portal (the default).
    #[default]
    Serve,
    /// Bring the database's schema up to date, and end.
    Migrate,
    /// Say where links lead: JSON Lines in, for each its resolution out. Needs no database.
    ///
    /// Each line of standard input is an object with any of `domain`, `environment`, `portal_origin`, `home_url`,
    /// `allowed_origins` (a list), `fallbacks` (an object of URLs by flow), `flow`, `redirect_url`,
    /// `sign_in_force_redirect_url`, `sign_in_fallback_redirect_url`, `sign_up_force_redirect_url`,
    /// `sign_up_fallback_redirect_url`, `requesting_origin`; or with `link`, a whole direct link, instead of the flow and
    /// the redirect parameters. Flags of the same names are the defaults. Each line gets one answer, in order: its
    /// resolution, or {"line": …, "error": …} where it can't be read. The exit code is 1 if there was any such line.
    Resolve(Box<resolve::Flags>),
    /// Let an admin in or out, beside a server that runs: invite, reset, remove.
    #[command(subcommand)]
    Admin(admin::Command),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serving_is_what_happens_without_a_word() {
        let cli = Cli::parse_from(["portal-redirects"]);
        assert!(matches!(cli.command.unwrap_or_default(), Command::Serve));
        assert_eq!(cli.config.listen.to_string(), "127.0.0.1:3000");
    }

    #[test]
    fn every_option_is_in_the_readme() {
        let readme = include_str!("../../README.md");
        let mut whole = Cli::command();
        whole.build();
        let mut commands = vec![&whole];
        while let Some(command) = commands.pop() {
            commands.extend(command.get_subcommands().filter(|command| command.get_name() != "help"));
            for argument in command.get_arguments() {
                let Some(name) = argument.get_long().filter(|name| !["help", "version"].contains(name)) else { continue };
                assert!(readme.contains(&format!("`--{name}`")), "--{name}");
                // What is said of one run alone has no variable.
                if argument.is_global_set() {
                    let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap();
                    assert!(readme.contains(&format!("`{variable}`")), "{variable}");
                }
            }
        }
    }
}
