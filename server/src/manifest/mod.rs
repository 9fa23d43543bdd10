//! Settings in a file, from the command line: `export` writes it, `diff` compares it with what is stored, and `apply` stores it.
//!
//! `backend/` is where the instances are, `planned.rs` reads a file and plans what it would change, and `report/` shows a plan.

mod apply;
mod backend;
mod diff;
mod export;
mod failure;
mod flags;
mod planned;
mod report;

use std::process::ExitCode;

use crate::config::Config;
pub(crate) use flags::{ApplyFlags, DiffFlags, ExportFlags};

use failure::Failure;

/// Writes instances as a settings file to standard output.
///
/// # Errors
/// The program can't run.
pub(crate) fn export(flags: &ExportFlags, config: &Config) -> anyhow::Result<ExitCode> {
    run(async || export::export(flags, config).await)
}

/// Shows what a settings file would change. Exit code 0 if nothing, 1 if something.
///
/// # Errors
/// The program can't run.
pub(crate) fn diff(flags: &DiffFlags, config: &Config) -> anyhow::Result<ExitCode> {
    run(async || diff::diff(flags, config).await)
}

/// Makes the changes of a settings file.
///
/// # Errors
/// The program can't run.
pub(crate) fn apply(flags: &ApplyFlags, config: &Config) -> anyhow::Result<ExitCode> {
    run(async || apply::apply(flags, config).await)
}

fn run(command: impl AsyncFnOnce() -> Result<ExitCode, Failure>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(command()).unwrap_or_else(Failure::exit_code))
}
