//! How Portal Redirects runs: configuration, HTTP, the database, the portal runtime, logs and metrics.
//!
//! `cli` parses the command line and `process` carries it out. `router` is the whole HTTP surface, made of `dashboard` and `portal`.

mod backup;
pub mod cli;
pub mod config;
mod dashboard;
pub mod database;
mod doctor;
pub mod http;
mod identity_provider;
mod management;
mod manifest;
mod observe;
mod outgoing;
pub mod portal;
mod process;
mod resolve;
pub mod router;
pub mod secret_key_file;
mod target_checks;

use std::process::ExitCode;

pub use process::init::run_as_init;

use crate::{
    cli::{Cli, Command},
    process::{admin, healthcheck, manual, migrations, serve, shutdown::run_async, signing_keys},
};

/// Does what the command line says, until it is done or a signal ends it. Returns the exit code.
///
/// # Errors
/// What kept it from starting or going on, for the person at the terminal.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    observe::log::start(&cli.config.log, cli.config.log_format)?;
    match cli.command.unwrap_or_default() {
        Command::Serve => run_async(async |shutdown| serve::serve(&cli.config, shutdown).await),
        Command::Migrate => run_async(async |shutdown| migrations::migrate(&cli.config, shutdown).await),
        Command::Backup(flags) => run_async(async |shutdown| backup::backup(&flags, &cli.config, shutdown).await),
        Command::Restore(flags) => run_async(async |shutdown| backup::restore(&flags, &cli.config, shutdown).await),
        Command::Doctor(flags) => doctor::run(&flags, &cli.config),
        Command::UpgradeDatabase => run_async(async |shutdown| backup::upgrade(&cli.config, shutdown).await),
        Command::Admin(command) => admin::run(&command, &cli.config),
        Command::SigningKeys(command) => signing_keys::run(&command, &cli.config),
        Command::Export(flags) => manifest::export(&flags, &cli.config),
        Command::Diff(flags) => manifest::diff(&flags, &cli.config),
        Command::Apply(flags) => manifest::apply(&flags, &cli.config),
        Command::Healthcheck => healthcheck::run(cli.config.listen),
        Command::Man { directory } => manual::write_man_pages(&directory),
        Command::Completions { shell } => Ok(manual::print_completions(shell)),
        Command::Resolve(flags) => resolve::run(&flags, &cli.config),
    }
}

/// The parts that the benchmark puts around a fixed response, to compare it with the router.
#[doc(hidden)]
pub mod measured {
    pub use crate::{
        http::connections::{HEADER_TIMEOUT, MaxConnections, serve, serve_each},
        observe::metrics::start as keep_metrics,
        router::around,
    };
}
