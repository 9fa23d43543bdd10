//! The command line: the subcommands, and the configuration that all of them share.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    backup,
    config::Config,
    doctor, manifest,
    process::{admin, signing_keys},
    resolve,
};

/// The whole command line.
#[derive(Clone, Debug, Parser)]
#[command(name = "portal-redirects", version, about = "Redirects for hosted Account Portal pages: a dashboard to set them, and the portal that applies them.", long_about = None, max_term_width = 120)]
pub struct Cli {
    /// The command to run; `serve` if there is none.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The configuration.
    #[command(flatten)]
    pub config: Config,
}

/// The subcommands.
#[derive(Clone, Debug, Default, Subcommand)]
pub enum Command {
    /// Serve the dashboard and the portal (default).
    #[default]
    Serve,
    /// Migrate the database schema, then exit.
    Migrate,
    /// Resolve links: read JSON Lines, write one resolution per line. Needs no server and no database.
    ///
    /// Each line of standard input is a JSON object with any of the keys `domain`, `environment`, `portal_origin`, `home_url`,
    /// `allowed_origins` (a list), `fallbacks` (an object of URLs by flow), `flow`, `redirect_url`,
    /// `sign_in_force_redirect_url`, `sign_in_fallback_redirect_url`, `sign_up_force_redirect_url`,
    /// `sign_up_fallback_redirect_url` and `requesting_origin`. Instead of the flow and the redirect parameters it may have
    /// `link`, a complete direct link. The flags of the same names set the defaults. Each line produces one line of output,
    /// in order: its resolution, or {"line": …, "error": …} if it is not valid. If any line is not valid, the exit code is 1.
    Resolve(Box<resolve::Flags>),
    /// Write the settings of instances as a file, to keep under version control.
    ///
    /// The file has everything that an admin can set: no members, no visitors, no preview origins. Settings are read from the database
    /// of --database-url or of the running server, or with --server over its management API.
    Export(manifest::ExportFlags),
    /// Show what a settings file would change, field by field, with the impact on counted visits.
    ///
    /// Only the instances in the file are compared. Exit code 0: nothing would change. 1: something would. 2: the command or the file is
    /// not valid. 3: the database or the server can't be reached, or does not allow it.
    Diff(manifest::DiffFlags),
    /// Make the changes of a settings file, each instance whole or not at all.
    ///
    /// It shows the plan, asks, and applies it against the versions that the plan has seen. It stops where somebody has saved since, and
    /// says who. Applying the same file again changes nothing. Exit code 0: done. 1: stopped. 2: the command or the file is not valid.
    /// 3: the database or the server can't be reached, or does not allow it.
    Apply(manifest::ApplyFlags),
    /// Write everything that is stored into a file.
    ///
    /// It uses `pg_dump` of the database's version, and works while servers run. The secret key is not part of it.
    Backup(backup::BackupFlags),
    /// Replace everything that is stored by what a backup has, whole or not at all.
    ///
    /// It uses `pg_restore` and `psql`, brings the schema up to date, and checks what it has restored. It works while servers run.
    Restore(backup::RestoreFlags),
    /// Check the configuration and everything around the server. Say what to do about each problem, and change nothing.
    ///
    /// It checks the options, the database with its roles, poolers and notifications, clocks, disks, the dashboard's proxy, and the portals'
    /// DNS and TLS. Run it with the same options and environment as the server. Exit code 1 if there is a problem.
    Doctor(doctor::DoctorFlags),
    /// Upgrade the private PostgreSQL to the newest version on this machine.
    ///
    /// Both versions must be installed, and no server may run on the data directory. The old one is kept beside the new one.
    UpgradeDatabase,
    /// Manage admin accounts in the database of --database-url, or of the running server.
    #[command(subcommand)]
    Admin(admin::Command),
    /// Manage the keys that sign tokens for applications, in the database of --database-url, or of the running server.
    #[command(subcommand)]
    SigningKeys(signing_keys::Command),
    /// Ask the server on --listen whether it is ready, as containers do. Exit code 0: ready, or degraded. 1: not ready.
    Healthcheck,
    /// Write the manual pages into a directory, as packages do.
    Man {
        /// Where to write them.
        directory: PathBuf,
    },
    /// Print the completions of a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
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
    fn without_a_subcommand_it_serves() {
        let cli = Cli::parse_from(["portal-redirects"]);
        assert!(matches!(cli.command.unwrap_or_default(), Command::Serve));
        assert_eq!(cli.config.listen.to_string(), "127.0.0.1:3000");
    }

    #[test]
    fn visits_are_counted_unless_the_command_line_says_off() {
        let are_counted = |words: &[&str]| Cli::parse_from([&["portal-redirects"], words].concat()).config.visits.are_counted;
        assert!(are_counted(&[]) && are_counted(&["--visits", "on"]));
        assert!(!are_counted(&["--visits", "off"]) && !are_counted(&["serve", "--visits=off"]));
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
                // An option that is something else than a switch takes that on the command line too.
                let is_switch = argument.get_default_values().iter().all(|value| value == "false");
                assert!(is_switch || argument.get_action().takes_values(), "--{name}");
                // Options of a single subcommand have no environment variable.
                if argument.is_global_set() {
                    let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap();
                    assert!(readme.contains(&format!("`{variable}`")), "{variable}");
                }
            }
        }
    }

    #[test]
    fn the_kubernetes_manifests_start_servers_with_options_that_exist() {
        let manifests = include_str!("../kubernetes.yaml");
        let mut whole = Cli::command();
        whole.build();
        let variables: Vec<_> = whole.get_arguments().filter_map(|argument| argument.get_env()?.to_str()).collect();
        let (mut roles, mut named) = (Vec::new(), 0);
        for deployment in manifests.split("\n---\n").filter(|manifest| manifest.contains("\nkind: Deployment\n")) {
            let options = deployment.lines().filter_map(|line| line.trim().strip_prefix("- ")).filter(|item| item.starts_with("--"));
            let cli = Cli::try_parse_from(["portal-redirects", "serve"].into_iter().chain(options)).unwrap();
            let value = |key: &str| deployment.lines().find_map(|line| line.trim().strip_prefix(key)?.parse::<u32>().ok()).unwrap();
            let before_stop = deployment.split_once("preStop: {sleep: {seconds: ").unwrap().1.split('}').next().unwrap();
            let needed = before_stop.parse::<u32>().unwrap() + cli.config.shutdown_grace;
            assert!(value("terminationGracePeriodSeconds: ") > needed, "killed before it has finished");
            let direct = format!("{:?}", Cli::parse_from(["portal-redirects"]).config.client_address);
            assert_ne!(format!("{:?}", cli.config.client_address), direct, "it is behind an ingress");
            roles.push(cli.config.role);
            for name in deployment.lines().filter_map(|line| line.trim().strip_prefix("- name: ")) {
                if name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_') {
                    assert!(variables.contains(&name), "{name}");
                    named += 1;
                }
            }
        }
        assert_eq!((roles, named), (vec![app::runtimes::RuntimeRole::All, app::runtimes::RuntimeRole::Portal], 3));
    }
}
