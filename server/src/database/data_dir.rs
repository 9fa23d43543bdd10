//! The data directory of the private PostgreSQL: its layout, its owners, and the lock that lets only one server use it.

mod postmaster;
#[cfg(test)]
mod tests;
mod upgraded;

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Write},
    os::unix::{
        fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;
use nix::{
    fcntl::OFlag,
    unistd::{Gid, Uid, User},
};

/// The longest directory path for a Unix socket, in bytes: `sun_path` holds 108 with the final NUL, and PostgreSQL appends a file name.
const MAX_SOCKET_DIR_BYTES: usize = 107 - "/".len() - SOCKET.len();

/// The name that PostgreSQL gives its socket.
const SOCKET: &str = ".s.PGSQL.5432";

/// A data directory that this server has locked for itself.
#[derive(Debug)]
pub(super) struct DataDir {
    /// The cluster's files.
    pub(super) cluster: PathBuf,
    /// Where a new cluster is created before it is moved to `cluster`.
    pub(super) unfinished: PathBuf,
    /// The socket's directory: only PostgreSQL's user and root may enter.
    pub(super) socket: PathBuf,
    /// PostgreSQL's log.
    pub(super) log: PathBuf,
    /// The user to run PostgreSQL as when the server runs as root: PostgreSQL refuses to run as root.
    pub(super) user: Option<(Uid, Gid)>,
    /// The lock, held as long as this value lives. The system releases it when the process is killed.
    lock: File,
}

impl DataDir {
    /// Creates the directory if it is missing, and locks it.
    ///
    /// # Errors
    /// It can't be created, PostgreSQL can't use it, or another server uses it.
    pub(super) fn lock(path: &Path) -> anyhow::Result<Self> {
        if path.to_string_lossy().contains(['$', '`', '"', '\\', '\n']) {
            anyhow::bail!(
                "PostgreSQL can't use the directory {}: its path contains one of $ ` \" \\ or a line break. Choose another one with --data-dir.",
                path.display()
            );
        }
        let user = unprivileged_user()?;
        let new = !path.try_exists().with_context(|| format!("can't look at the data directory {}", path.display()))?;
        fs::create_dir_all(path)
            .with_context(|| format!("can't create the data directory {}; choose another one with --data-dir", path.display()))?;
        if new && user.is_some() {
            // PostgreSQL's user must be able to reach its own directories, and needs nothing else here.
            fs::set_permissions(path, fs::Permissions::from_mode(0o711))?;
        }
        check_owner(path)?;
        let lock = lock_file(path)?;
        let socket = socket_dir(path);
        let directory =
            Self { cluster: cluster(path), unfinished: path.join("postgres.new"), log: socket.join("postgres.log"), socket, user, lock };
        directory.create_private(&directory.socket)?;
        directory.check_access()?;
        Ok(directory)
    }

    /// Checks that PostgreSQL's user can reach its directories: the parent directories belong to others.
    fn check_access(&self) -> anyhow::Result<()> {
        let Some((uid, gid)) = self.user else { return Ok(()) };
        let entered = Command::new("true").current_dir(&self.socket).uid(uid.as_raw()).gid(gid.as_raw()).status();
        if entered.is_ok_and(|status| status.success()) {
            return Ok(());
        }
        anyhow::bail!(
            "PostgreSQL refuses to run as root, and its user can't enter {}. With --data-dir, choose a directory whose parents every user may enter.",
            self.socket.display()
        )
    }

    /// Creates a directory that only PostgreSQL's user may enter.
    pub(super) fn create_private(&self, path: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(path).with_context(|| format!("can't create {}", path.display()))?;
        let metadata = fs::symlink_metadata(path)?;
        let ours = [Some(nix::unistd::geteuid()), self.user.map(|(uid, _)| uid)];
        if !metadata.is_dir() || !ours.contains(&Some(Uid::from_raw(metadata.uid()))) {
            anyhow::bail!("{} belongs to another user. Choose another directory with --data-dir.", path.display());
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .with_context(|| format!("can't restrict access to {}", path.display()))?;
        if let Some((uid, gid)) = self.user {
            chown(path, Some(uid.as_raw()), Some(gid.as_raw())).with_context(|| format!("can't change the owner of {}", path.display()))?;
        }
        Ok(())
    }
}

/// The folder of the cluster in a data directory.
pub(super) fn cluster(path: &Path) -> PathBuf {
    path.join("postgres")
}

/// The major version of PostgreSQL that created a cluster; `None` if there is no cluster.
pub(super) fn cluster_version(cluster: &Path) -> Option<String> {
    fs::read_to_string(cluster.join("PG_VERSION")).map(|text| text.trim().to_owned()).ok()
}

/// Checks that no other user can put files into the data directory: the server writes its lock there, and runs PostgreSQL on what it
/// finds.
fn check_owner(path: &Path) -> anyhow::Result<()> {
    let found = fs::metadata(path).with_context(|| format!("can't look at the data directory {}", path.display()))?;
    let own = nix::unistd::geteuid();
    if !found.is_dir() {
        anyhow::bail!("{} is not a directory. Choose another one with --data-dir.", path.display());
    }
    if found.uid() != own.as_raw() {
        anyhow::bail!(
            "{} belongs to the user with ID {}, but the server runs as {own}. Choose another directory with --data-dir, or change its owner.",
            path.display(),
            found.uid()
        );
    }
    // A user's own group may write, as some systems have it by default. Root shares with nobody.
    let others = if own.is_root() { 0o022 } else { 0o002 };
    if found.mode() & others != 0 {
        anyhow::bail!(
            "other users may write to {} (mode {:o}). Take that right away (chmod go-w), or choose another directory with --data-dir.",
            path.display(),
            found.mode() & 0o7777
        );
    }
    Ok(())
}

/// Where the socket of a data directory is: inside it, or under the temporary directory if its path would be too long.
pub(super) fn socket_dir(path: &Path) -> PathBuf {
    let socket = path.join("run");
    if socket.as_os_str().len() > MAX_SOCKET_DIR_BYTES {
        return std::env::temp_dir().join(format!("portal-redirects-{:016x}", fnv(path)));
    }
    socket
}

fn lock_file(directory: &Path) -> anyhow::Result<File> {
    // Never what a link or a pipe leads to.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let opened =
        File::options().create(true).truncate(false).read(true).write(true).custom_flags(flags.bits()).open(directory.join("lock"));
    let mut file = opened.with_context(|| format!("can't write to {}; choose another directory with --data-dir", directory.display()))?;
    if !file.metadata()?.is_file() {
        anyhow::bail!("{} is not a regular file. Remove it.", directory.join("lock").display());
    }
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder)?;
            anyhow::bail!(
                "another server (process {}) uses {}; stop it, or choose another directory with --data-dir",
                holder.trim(),
                directory.display()
            );
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(|| format!("can't lock {}", directory.display())),
    }
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

/// The user to run PostgreSQL as, if this process is root.
fn unprivileged_user() -> anyhow::Result<Option<(Uid, Gid)>> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some((user.uid, user.gid)));
        }
    }
    anyhow::bail!("PostgreSQL refuses to run as root, and this machine has no user postgres or nobody. Start the server as another user.")
}

/// FNV-1a, so that a directory gets the same name at every start.
fn fnv(path: &Path) -> u64 {
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
