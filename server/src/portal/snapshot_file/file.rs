//! The snapshot file itself: read whole, and written so that whoever reads it finds the old one or the new one, whole.

use std::{
    borrow::Borrow,
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, ErrorKind, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use app::instances::stored::StoredInstance;
use nix::{fcntl::OFlag, unistd::geteuid};
use time::OffsetDateTime;

use super::format::{Document, FORMAT, Head, Row};

/// What was in a file.
#[derive(Debug)]
pub(super) struct Known {
    /// Of when it is.
    pub(super) as_of: OffsetDateTime,
    /// What was so then.
    pub(super) instances: Vec<StoredInstance>,
}

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it is no file that only this server's user may write")]
    NotOwn,
    #[error("it is none that this program has written ({0})")]
    Broken(#[from] serde_json::Error),
    #[error("it has format {0}, and this version of the program reads format {FORMAT}")]
    Format(u32),
    #[error("it says no time that there is")]
    Time(#[from] time::error::ComponentRange),
}

/// Reads a file; `None` where there is none. Instances that are none by today's rules are named in the log and left out.
///
/// # Errors
/// It can't be read, or is another file.
pub(super) fn read(path: &Path) -> Result<Option<Known>, Unread> {
    // It says where visitors end, so nobody else may have put it there; and a pipe would be waited for.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let mut file = match File::options().read(true).custom_flags(flags.bits()).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let found = file.metadata()?;
    if !found.is_file() || found.uid() != geteuid().as_raw() || found.mode() & 0o022 != 0 {
        return Err(Unread::NotOwn);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let Head { format } = serde_json::from_slice(&bytes)?;
    if format != FORMAT {
        return Err(Unread::Format(format));
    }
    let Document { as_of, instances, .. } = serde_json::from_slice(&bytes)?;
    let read = |row: Row| {
        let slug = row.slug().to_owned();
        row.read().map_err(|reason| tracing::warn!("the instance {slug:?} of the snapshot file is left out: {reason}")).ok()
    };
    Ok(Some(Known { as_of: OffsetDateTime::from_unix_timestamp(as_of)?, instances: instances.into_iter().filter_map(read).collect() }))
}

/// Writes a file in the place of another, for its owner's eyes only. It is whole on the disk before it gets its name.
///
/// # Errors
/// The folder or the disk.
pub(super) fn write(path: &Path, as_of: OffsetDateTime, instances: &[impl Borrow<StoredInstance>]) -> io::Result<()> {
    let unfinished = beside(path);
    // One that is left from a killed server may be somebody else's to read.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = File::options().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let mut writer = BufWriter::new(file);
    let instances = instances.iter().map(|stored| Row::from(stored.borrow())).collect();
    serde_json::to_writer(&mut writer, &Document { format: FORMAT, as_of: as_of.unix_timestamp(), instances })?;
    writer.flush()?;
    writer.get_ref().sync_all()?;
    fs::rename(&unfinished, path)?;
    // The name itself is on the disk only with its folder.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Where a file is written before it takes its place.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".new");
    path.with_file_name(name)
}
