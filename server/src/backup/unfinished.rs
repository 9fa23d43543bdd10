//! A file that gets its name when it is complete.

use std::{
    fs::{self, File},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;

/// A file that gets its name when it is complete. Before that it is deleted if the command ends.
#[derive(Debug)]
pub(super) struct Unfinished {
    pub(super) file: File,
    pub(super) path: PathBuf,
    name: PathBuf,
}

impl Unfinished {
    /// Creates it, for this user alone. What a killed command has left of it is removed.
    ///
    /// # Errors
    /// It can't be created.
    pub(super) fn create(name: &Path) -> anyhow::Result<Self> {
        let mut path = name.as_os_str().to_owned();
        path.push(".unfinished");
        let path = PathBuf::from(path);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("can't remove {}", path.display()));
            }
            _ => {}
        }
        let opened = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path);
        let file = opened.with_context(|| format!("can't create {}", path.display()))?;
        Ok(Self { file, path, name: name.to_owned() })
    }

    /// Gives it its name. It is on the disk then, and so is its name.
    ///
    /// # Errors
    /// There is another file of that name by now, or it can't be written.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        anyhow::ensure!(self.name.symlink_metadata().is_err(), "{} exists by now. Choose another name.", self.name.display());
        self.file.sync_all()?;
        fs::rename(&self.path, &self.name).with_context(|| format!("can't create {}", self.name.display()))?;
        let folder = self.name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(File::open(folder)?.sync_all()?)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}
