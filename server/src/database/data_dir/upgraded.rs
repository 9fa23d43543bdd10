//! The clusters of an upgrade: the new one beside the one in use, and where the old one is kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::{DataDir, cluster_version};

/// The name of a cluster that an upgrade is filling. Nothing ever uses it as it is.
const UPGRADING: &str = "postgres.upgrading";

/// The name of that cluster once it is complete, until it takes the place of the old one.
const UPGRADED: &str = "postgres.upgraded";

impl DataDir {
    /// The major version of PostgreSQL that created the cluster; `None` if there is no cluster.
    pub(in crate::database) fn version(&self) -> Option<String> {
        cluster_version(&self.cluster)
    }

    /// The same directory with the cluster that an upgrade fills, beside the one in use.
    pub(in crate::database) fn upgrading(&self) -> io::Result<Self> {
        self.beside(self.cluster.with_file_name(UPGRADING))
    }

    /// The same directory with another cluster. Both hold the lock.
    pub(in crate::database) fn beside(&self, cluster: PathBuf) -> io::Result<Self> {
        let lock = self.lock.try_clone()?;
        Ok(Self { cluster, unfinished: self.unfinished.clone(), socket: self.socket.clone(), log: self.log.clone(), user: self.user, lock })
    }

    /// Where an upgrade keeps the cluster of that version.
    pub(in crate::database) fn kept(&self, version: &str) -> PathBuf {
        self.cluster.with_file_name(format!("postgres-{version}"))
    }

    /// Puts the cluster that an upgrade has filled in the place of the old one. Returns where the old one is kept.
    ///
    /// # Errors
    /// One of them can't be moved.
    pub(in crate::database) fn replace(&self, version: &str) -> anyhow::Result<PathBuf> {
        let kept = self.kept(version);
        rename(&self.cluster.with_file_name(UPGRADING), &self.cluster.with_file_name(UPGRADED))?;
        rename(&self.cluster, &kept)?;
        self.finish_upgrade()?;
        Ok(kept)
    }

    /// Ends an upgrade that was interrupted after the new cluster was complete: it takes the place of the old one if that was moved away
    /// already. Otherwise it is removed, because the old one is still in use.
    ///
    /// # Errors
    /// It can't be moved or removed.
    pub(in crate::database) fn finish_upgrade(&self) -> anyhow::Result<()> {
        let upgraded = self.cluster.with_file_name(UPGRADED);
        if !upgraded.exists() {
            return Ok(());
        }
        if self.cluster.exists() {
            return fs::remove_dir_all(&upgraded).with_context(|| format!("can't remove {}", upgraded.display()));
        }
        rename(&upgraded, &self.cluster)
    }
}

fn rename(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::rename(from, to).with_context(|| format!("can't move {} to {}", from.display(), to.display()))
}
