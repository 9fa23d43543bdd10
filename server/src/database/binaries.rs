//! PostgreSQL's programs: where they are, and how they are run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use anyhow::Context;
use tokio::process::Command;

use super::data_dir::DataDir;

/// PostgreSQL's programs of one version.
#[derive(Debug)]
pub(super) struct Binaries(PathBuf);

impl Binaries {
    /// The programs of the version that made the cluster, or where there is none the newest.
    ///
    /// # Errors
    /// They are not on this machine.
    pub(super) fn find(cluster: &Path) -> anyhow::Result<Self> {
        binaries(cluster).map(Self)
    }

    /// One of the programs, as PostgreSQL's user, in a folder that every user may be in. It does not hear Ctrl+C: the
    /// server does, and stops it in order.
    pub(super) fn command(&self, program: &str, folder: &DataDir) -> Command {
        let mut command = Command::new(self.0.join(program));
        command.current_dir("/").stdin(Stdio::null()).env_remove("PGDATA").env("LC_ALL", "C").process_group(0);
        if let Some((uid, gid)) = folder.user {
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
        command
    }
}

/// What a program said, on one line.
pub(super) fn said(output: &Output) -> String {
    let text = [&output.stderr[..], &output.stdout[..]].map(String::from_utf8_lossy).join("\n");
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

/// The folder of PostgreSQL's programs: those of the version that made the cluster, or the newest.
fn binaries(cluster: &Path) -> anyhow::Result<PathBuf> {
    let version = fs::read_to_string(cluster.join("PG_VERSION")).map(|text| text.trim().to_owned()).ok();
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        for entry in versions.flatten() {
            if let Ok(number) = entry.file_name().to_string_lossy().parse() {
                found.push((number, entry.path().join("bin")));
            }
        }
    }
    found.sort();
    let on_path = std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let candidates: Vec<PathBuf> =
        found.into_iter().rev().map(|(_, bin)| bin).chain(on_path).filter(|bin| bin.join("initdb").exists()).collect();
    let Some(version) = version else {
        return candidates.into_iter().next().context(
            "no DATABASE_URL is set, and PostgreSQL's programs (initdb, pg_ctl) are not on this machine. Install PostgreSQL (Debian: apt-get install postgresql), or set DATABASE_URL.",
        );
    };
    let fits = |bin: &PathBuf| {
        let output = std::process::Command::new(bin.join("postgres")).arg("--version").output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&format!(" {version}.")))
    };
    candidates.into_iter().find(fits).with_context(|| {
        format!(
            "{} was made by PostgreSQL {version}, which is not on this machine. Install it, or choose another --data-dir.",
            cluster.display()
        )
    })
}
