//! An upgrade of the private PostgreSQL to the newest version on this machine: which versions there are, and the two clusters.

use std::{fs, path::PathBuf};

use anyhow::Context;

use super::{binaries::Binaries, data_dir::DataDir, is_private, owner::OwnedDatabase, private::PrivatePostgres, programs};
use crate::config::Config;

/// An upgrade that is possible. The data directory is locked meanwhile.
#[derive(Debug)]
pub(crate) struct Upgrade {
    data_dir: DataDir,
    /// The version that created the cluster.
    pub(crate) from: String,
    /// The newest version on this machine.
    pub(crate) to: u32,
    newest: PathBuf,
}

impl Upgrade {
    /// Plans an upgrade; `None` if the cluster is of the newest version already.
    ///
    /// # Errors
    /// There is no private PostgreSQL, a server runs it, or one of the two versions is not on this machine.
    pub(crate) fn plan(config: &Config) -> anyhow::Result<Option<Self>> {
        if !is_private(config)? {
            anyhow::bail!(
                "upgrade-database is for the private PostgreSQL. Upgrade the database of DATABASE_URL with PostgreSQL's pg_upgrade, or restore a backup into a newer one."
            );
        }
        let path = config.data_dir()?;
        let data_dir = DataDir::lock(&path)?;
        data_dir.finish_upgrade()?;
        let from = data_dir.version().with_context(|| format!("there is no private PostgreSQL in {}", path.display()))?;
        let (to, newest) = programs::installed()
            .into_iter()
            .next()
            .context("PostgreSQL is not on this machine. Install it (Debian: apt-get install postgresql).")?;
        if from == to.to_string() {
            return Ok(None);
        }
        if from.parse().is_ok_and(|from: u32| from > to) {
            anyhow::bail!("the private PostgreSQL is of version {from}, and this machine has only {to}. Install PostgreSQL {from}.");
        }
        let kept = data_dir.kept(&from);
        if kept.exists() {
            anyhow::bail!("{} is in the way: the upgrade keeps the old cluster there. Move it away.", kept.display());
        }
        Ok(Some(Self { data_dir, from, to, newest }))
    }

    /// Starts the old cluster.
    ///
    /// # Errors
    /// Its version is not on this machine, or it does not start.
    pub(crate) async fn start_old(&self) -> anyhow::Result<OwnedDatabase> {
        let binaries = Binaries::find(&self.data_dir.cluster).with_context(|| {
            format!(
                "To upgrade, install PostgreSQL {} beside the new one. If that can't be had and you have a backup: move {} away, start `portal-redirects`, and restore the backup with --replace",
                self.from,
                self.data_dir.cluster.display()
            )
        })?;
        Ok(OwnedDatabase::of_private(PrivatePostgres::start_with(self.data_dir.beside(self.data_dir.cluster.clone())?, binaries).await?))
    }

    /// Creates and starts the new cluster.
    ///
    /// # Errors
    /// It can't be created or started.
    pub(crate) async fn start_new(&self) -> anyhow::Result<OwnedDatabase> {
        let upgrading = self.data_dir.upgrading()?;
        if upgrading.cluster.exists() {
            fs::remove_dir_all(&upgrading.cluster).with_context(|| format!("can't remove {}", upgrading.cluster.display()))?;
        }
        let private = PrivatePostgres::start_with(upgrading, Binaries::in_directory(self.newest.clone())).await?;
        Ok(OwnedDatabase::of_private(private))
    }

    /// Puts the new cluster in the place of the old one. Returns where the old one is kept.
    ///
    /// # Errors
    /// They can't be moved.
    pub(crate) fn replace(&self) -> anyhow::Result<PathBuf> {
        self.data_dir.replace(&self.from)
    }

    /// Where the backup is while the upgrade runs.
    pub(crate) fn backup(&self) -> PathBuf {
        self.data_dir.cluster.with_file_name("upgrade.backup")
    }
}
