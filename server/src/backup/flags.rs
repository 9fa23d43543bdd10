//! The command-line options of `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

/// The arguments of `backup`.
#[derive(Clone, Debug, Args)]
pub struct BackupFlags {
    /// The file to write. It must not exist yet.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// The arguments of `restore`.
#[derive(Clone, Debug, Args)]
pub struct RestoreFlags {
    /// The file that `backup` wrote.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace what is stored. Without it, `restore` refuses a database that has an admin or an instance that somebody made.
    #[arg(long)]
    pub replace: bool,
}
