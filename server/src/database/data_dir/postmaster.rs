//! Whether the cluster of a data directory is running.

use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use nix::{errno::Errno, sys::signal::kill, unistd::Pid};
use tokio::net::UnixStream;

use super::{DataDir, SOCKET};

impl DataDir {
    /// The process ID of the running cluster, if there is one.
    ///
    /// # Errors
    /// It can't be known, for example because too many files are open.
    pub(in crate::database) async fn postmaster(&self) -> io::Result<Option<u32>> {
        self.postmaster_by(Path::new("/proc")).await
    }

    /// The same by another folder than `/proc`, which macOS does not have, and which hides other users' processes in some containers.
    ///
    /// The number in the file is no proof: after a crash another process may have it, and a killed PostgreSQL that nobody has reaped
    /// keeps it. So the process must exist, and be PostgreSQL: it works in the cluster's folder, or somebody answers at the socket,
    /// whose folder only PostgreSQL may enter. One that is just starting does neither without `/proc`: then starting another one
    /// fails, and the next look finds the first.
    pub(super) async fn postmaster_by(&self, proc: &Path) -> io::Result<Option<u32>> {
        let Some(text) = found(fs::read_to_string(self.cluster.join("postmaster.pid")))? else { return Ok(None) };
        let first = text.lines().next().and_then(|line| line.trim().parse::<i32>().ok());
        // Zero and negative numbers would stand for groups of processes.
        let Some(id) = first.filter(|id| *id > 0) else { return Ok(None) };
        match kill(Pid::from_raw(id), None) {
            Ok(()) => {}
            // None, or another user's: that is not this server's PostgreSQL.
            Err(Errno::ESRCH | Errno::EPERM) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let working_directory = match fs::read_link(proc.join(id.to_string()).join("cwd")) {
            // Root can't look at the processes of other users in every container.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => None,
            read => found(read)?,
        };
        let works_here = working_directory.is_some_and(|directory| self.cluster.canonicalize().is_ok_and(|cluster| cluster == directory));
        let is_postgres = works_here || self.answers().await?;
        Ok(is_postgres.then_some(id.unsigned_abs()))
    }

    /// Whether somebody listens at the socket. One that is too busy to accept a connection does.
    async fn answers(&self) -> io::Result<bool> {
        match UnixStream::connect(self.socket.join(SOCKET)).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => Ok(false),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// What was read; `None` if there is nothing there. Any other error says nothing about what is there.
fn found<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        // The process ended while it was looked at.
        Err(error) if error.raw_os_error() == Some(nix::libc::ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}
