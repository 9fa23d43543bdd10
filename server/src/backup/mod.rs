//! The commands `backup`, `restore` and `upgrade-database`: everything that is stored, in one file, with PostgreSQL's own programs.
//!
//! `tools.rs` finds and runs these programs, `archive.rs` reads a file before it is restored, and `store.rs` says what a database holds.

mod archive;
mod dump;
mod flags;
mod restore;
mod store;
mod tools;
mod unfinished;
mod upgrade;

pub(crate) use dump::backup;
pub(crate) use flags::{BackupFlags, RestoreFlags};
pub(crate) use restore::restore;
pub(crate) use upgrade::upgrade;
