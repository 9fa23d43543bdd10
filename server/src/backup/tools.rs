//! PostgreSQL's programs for backups: which ones fit the server, and how they are run.

use std::{
    path::PathBuf,
    process::{Output, Stdio},
};

use anyhow::Context;
use tokio::process::Command;

use crate::database::{owner::OwnedDatabase, programs};

/// The version since which PostgreSQL has the setting `transaction_timeout`.
const TRANSACTION_TIMEOUT: u32 = 17;

/// The programs of one version.
#[derive(Debug)]
pub(super) struct Tools(PathBuf);

impl Tools {
    /// The programs for a server of that major version: of the same version, or the next newer one whose backups it can restore.
    ///
    /// # Errors
    /// There are none on this machine.
    pub(super) fn find(server: u32) -> anyhow::Result<Self> {
        let mut found: Vec<(u32, PathBuf)> = programs::directories("pg_dump")
            .into_iter()
            .filter(|directory| ["pg_restore", "psql"].iter().all(|program| directory.join(program).exists()))
            .filter_map(|directory| Some((programs::major_version(&directory.join("pg_dump"))?, directory)))
            .filter(|(version, _)| fit(*version, server))
            .collect();
        found.sort();
        let (_, directory) = found.into_iter().next().with_context(|| {
            format!(
                "the database is PostgreSQL {server}, and its programs (pg_dump, pg_restore, psql) are not on this machine. Install them (Debian: apt-get install postgresql-client-{server})."
            )
        })?;
        Ok(Self(directory))
    }

    /// A command that runs one of the programs on a database. It ends if this program stops waiting for it.
    pub(super) fn on(&self, database: &OwnedDatabase, program: &str) -> Command {
        let mut command = self.command(program);
        // Nothing of it is an argument, which other users of the machine could read.
        command.envs(database.environment());
        command
    }

    /// A command that runs one of the programs without a database.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.0.join(program));
        command.env("LC_ALL", "C").stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        // Ctrl+C reaches only this program, which then ends them.
        command.process_group(0);
        command
    }
}

/// Whether programs of that version back up and restore a server of that version. Older ones refuse newer servers. Since version 17, a
/// backup begins with a setting that older servers don't know.
fn fit(programs: u32, server: u32) -> bool {
    programs >= server && (programs < TRANSACTION_TIMEOUT || server >= TRANSACTION_TIMEOUT)
}

/// The error of a program that failed: what it wrote about it, on one line.
pub(super) fn failure(program: &str, output: &Output) -> anyhow::Error {
    let said = String::from_utf8_lossy(&output.stderr);
    // The lines around it may repeat rows, and with them what people have typed. Those about what is in the way name only objects.
    let is_of_error = |line: &&str| ["error:", "ERROR:", " depends on "].iter().any(|part| line.contains(part));
    let errors: Vec<&str> = said.lines().map(str::trim).filter(is_of_error).collect();
    let said = if errors.is_empty() { said.lines().next().unwrap_or_default().to_owned() } else { errors.join("; ") };
    let error = anyhow::anyhow!("{program} failed: {said}");
    if !["permission denied", "must be owner"].iter().any(|refused| said.contains(refused)) {
        return error;
    }
    error
        .context("the role must own the tables. If that of DATABASE_URL does not, set the URL of the one that does as DATABASE_MIGRATE_URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_backed_up_only_by_programs_whose_backup_it_can_restore() {
        for (programs, server) in [(15, 15), (15, 13), (16, 13), (17, 17), (18, 17)] {
            assert!(fit(programs, server), "{programs} {server}");
        }
        for (programs, server) in [(15, 16), (17, 18), (17, 16), (18, 13)] {
            assert!(!fit(programs, server), "{programs} {server}");
        }
    }
}
