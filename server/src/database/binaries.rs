//! PostgreSQL's binaries: finds them and runs them.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use anyhow::Context;
use tokio::process::Command;

use super::{
    data_dir::{self, DataDir},
    programs,
};

/// The directory with the binaries of one PostgreSQL version.
#[derive(Debug)]
pub(super) struct Binaries(PathBuf);

impl Binaries {
    /// The binaries of the version that created the cluster; the newest ones if there is no cluster yet.
    ///
    /// # Errors
    /// They are not on this machine.
    pub(super) fn find(cluster: &Path) -> anyhow::Result<Self> {
        find_directory(cluster).map(Self)
    }

    /// The binaries in that directory.
    pub(super) fn in_directory(directory: PathBuf) -> Self {
        Self(directory)
    }

    /// A command that runs one of the binaries as PostgreSQL's user, in a directory that every user may enter. It has its own process
    /// group, so Ctrl+C reaches only the server, which then shuts PostgreSQL down.
    pub(super) fn command(&self, binary: &str, data_dir: &DataDir) -> Command {
        let mut command = Command::new(self.0.join(binary));
        command.current_dir("/").stdin(Stdio::null()).env_remove("PGDATA").env("LC_ALL", "C").process_group(0);
        if let Some((uid, gid)) = data_dir.user {
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
        command
    }
}

/// The output of a command, on one line.
pub(super) fn one_line(output: &Output) -> String {
    let text = [&output.stderr[..], &output.stdout[..]].map(String::from_utf8_lossy).join("\n");
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

fn find_directory(cluster: &Path) -> anyhow::Result<PathBuf> {
    let mut installed = programs::installed().into_iter();
    let Some(version) = data_dir::cluster_version(cluster) else {
        return installed.next().map(|(_, directory)| directory).context(
            "DATABASE_URL is not set, and PostgreSQL's binaries (initdb, pg_ctl) are not on this machine. Install PostgreSQL (Debian: apt-get install postgresql), or set DATABASE_URL.",
        );
    };
    installed.find(|(found, _)| found.to_string() == version).map(|(_, directory)| directory).with_context(|| {
        format!("PostgreSQL {version} created {}, but is not on this machine. Install it, or choose another --data-dir.", cluster.display())
    })
}
