//! The clusters of an upgrade: the new one beside the one in use, and where the old one is kept.

use std::{fs, io, path::PathBuf};

use anyhow::Context;

use super::{DataDir, cluster_version};

/// The name of a cluster that an upgrade makes, until it takes the place of the old one.
const UPGRADED: &str = "postgres.upgraded";

impl DataDir {
    /// The major version of PostgreSQL that created the cluster; `None` if there is no cluster.
    pub(in crate::database) fn version(&self) -> Option<String> {
        cluster_version(&self.cluster)
    }

    /// The same directory with the cluster that an upgrade makes, beside the one in use.
    pub(in crate::database) fn upgraded(&self) -> io::Result<Self> {
        self.beside(self.cluster.with_file_name(UPGRADED))
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

    /// Puts an upgraded cluster in its place, if an upgrade was interrupted between taking the old one away and that.
    ///
    /// # Errors
    /// It can't be moved.
    pub(in crate::database) fn finish_upgrade(&self) -> anyhow::Result<()> {
        let upgraded = self.cluster.with_file_name(UPGRADED);
        if !self.cluster.exists() && upgraded.join("PG_VERSION").exists() {
            fs::rename(&upgraded, &self.cluster).with_context(|| format!("can't move {}", upgraded.display()))?;
            tracing::info!("finished an upgrade of the private PostgreSQL that was interrupted");
        }
        Ok(())
    }
}
