//! Reading and writing the snapshot file. It is replaced atomically: a reader finds the old file or the new one, complete.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, ErrorKind, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use app::instances::stored::StoredInstance;
use nix::{fcntl::OFlag, unistd::geteuid};
use time::OffsetDateTime;

use super::format::{Document, FORMAT, Head, READABLE, Rows};
use crate::portal::snapshot::Row;

/// The contents of a file.
#[derive(Debug)]
pub(super) struct Contents {
    /// The time at which PostgreSQL was last heard from.
    pub(super) as_of: OffsetDateTime,
    /// The instances, as they were then.
    pub(super) instances: Vec<StoredInstance>,
}

/// Why a file can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("other users may write it, or it is not a regular file")]
    NotOwn,
    #[error("this program has not written it ({0})")]
    Broken(#[from] serde_json::Error),
    #[error("it has format {0}, but this version of the program reads formats up to {FORMAT}")]
    Format(u32),
    #[error("its time is out of range")]
    Time(#[from] time::error::ComponentRange),
}

/// Reads a file; `None` if there is none. Instances that today's rules reject are logged and left out.
///
/// # Errors
/// It can't be read, or is not a snapshot file of this server.
pub(super) fn read(path: &Path) -> Result<Option<Contents>, ReadError> {
    // It decides where visitors end, so no other user may have put it there. Opening a pipe must not block.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let mut file = match File::options().read(true).custom_flags(flags.bits()).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let found = file.metadata()?;
    if !found.is_file() || found.uid() != geteuid().as_raw() || found.mode() & 0o022 != 0 {
        return Err(ReadError::NotOwn);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let Head { format } = serde_json::from_slice(&bytes)?;
    if !READABLE.contains(&format) {
        return Err(ReadError::Format(format));
    }
    let Document::<Vec<Row>> { as_of, instances, .. } = serde_json::from_slice(&bytes)?;
    let read = |row: Row| {
        let slug = row.slug().to_owned();
        row.read().map_err(|reason| tracing::warn!("the instance {slug:?} in the snapshot file is left out: {reason}")).ok()
    };
    Ok(Some(Contents { as_of: OffsetDateTime::from_unix_timestamp(as_of)?, instances: instances.into_iter().filter_map(read).collect() }))
}

/// Writes or replaces a file, readable by its owner only. It is complete on the disk before it gets its name.
///
/// # Errors
/// The folder or the disk.
pub(super) fn write(path: &Path, as_of: OffsetDateTime, instances: impl Iterator<Item = Row> + Clone) -> io::Result<()> {
    let unfinished = temporary_path(path);
    // A file that a killed server has left behind may be readable by others.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = File::options().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let mut writer = BufWriter::new(file);
    serde_json::to_writer(&mut writer, &Document { format: FORMAT, as_of: as_of.unix_timestamp(), instances: Rows(instances) })?;
    writer.flush()?;
    writer.get_ref().sync_all()?;
    fs::rename(&unfinished, path)?;
    // The new name is on the disk only after its folder is.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Where a file is written before it is renamed.
pub(super) fn temporary_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".new");
    path.with_file_name(name)
}
