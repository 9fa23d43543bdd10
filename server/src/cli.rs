//! The command line: what to do, and with which configuration.

use clap::{Parser, Subcommand};

use crate::config::Config;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Serve the dashboard and the portal (the default).
    #[default]
    Serve,
    /// Bring the database's schema up to date, and end.
    Migrate,
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
        assert_eq!(cli.command.unwrap_or_default(), Command::Serve);
        assert_eq!(cli.config.listen.to_string(), "127.0.0.1:3000");
    }

    #[test]
    fn every_option_is_in_the_readme() {
        let readme = include_str!("../../README.md");
        for argument in Cli::command().get_arguments() {
            let Some(name) = argument.get_long().filter(|name| !["help", "version"].contains(name)) else { continue };
            assert!(readme.contains(&format!("`--{name}`")), "--{name}");
            let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap();
            assert!(readme.contains(&format!("`{variable}`")), "{variable}");
        }
    }
}
