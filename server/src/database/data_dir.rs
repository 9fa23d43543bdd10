//! The data directory of the private PostgreSQL: its layout, its owners, and the lock that lets only one server use it.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Read, Write},
    os::unix::{
        fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;
use nix::{
    errno::Errno,
    fcntl::OFlag,
    sys::signal::kill,
    unistd::{Gid, Pid, Uid, User},
};
use tokio::net::UnixStream;

/// The longest directory path for a Unix socket, in bytes: `sun_path` holds 108 with the final NUL, and PostgreSQL appends a file name.
const MAX_SOCKET_DIR_BYTES: usize = 107 - "/".len() - SOCKET.len();

/// The name that PostgreSQL gives its socket.
const SOCKET: &str = ".s.PGSQL.5432";

/// The name of a cluster that an upgrade makes, until it takes the place of the old one.
const UPGRADED: &str = "postgres.upgraded";

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

    /// The process ID of the running cluster, if there is one.
    ///
    /// # Errors
    /// It can't be known, for example because too many files are open.
    pub(super) async fn postmaster(&self) -> io::Result<Option<u32>> {
        self.postmaster_by(Path::new("/proc")).await
    }

    /// The same by another folder than `/proc`, which macOS does not have, and which hides other users' processes in some containers.
    ///
    /// The number in the file is no proof: after a crash another process may have it, and a killed PostgreSQL that nobody has reaped
    /// keeps it. So the process must exist, and be PostgreSQL: it works in the cluster's folder, or somebody answers at the socket,
    /// whose folder only PostgreSQL may enter. One that is just starting does neither without `/proc`: then starting another one
    /// fails, and the next look finds the first.
    async fn postmaster_by(&self, proc: &Path) -> io::Result<Option<u32>> {
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

    /// The major version of PostgreSQL that created the cluster; `None` if there is no cluster.
    pub(super) fn version(&self) -> Option<String> {
        cluster_version(&self.cluster)
    }

    /// The same directory with the cluster that an upgrade makes, beside the one in use.
    pub(super) fn upgraded(&self) -> io::Result<Self> {
        self.beside(self.cluster.with_file_name(UPGRADED))
    }

    /// The same directory with another cluster. Both hold the lock.
    pub(super) fn beside(&self, cluster: PathBuf) -> io::Result<Self> {
        let lock = self.lock.try_clone()?;
        Ok(Self { cluster, unfinished: self.unfinished.clone(), socket: self.socket.clone(), log: self.log.clone(), user: self.user, lock })
    }

    /// Where an upgrade keeps the cluster of that version.
    pub(super) fn kept(&self, version: &str) -> PathBuf {
        self.cluster.with_file_name(format!("postgres-{version}"))
    }

    /// Puts an upgraded cluster in its place, if an upgrade was interrupted between taking the old one away and that.
    ///
    /// # Errors
    /// It can't be moved.
    pub(super) fn finish_upgrade(&self) -> anyhow::Result<()> {
        let upgraded = self.cluster.with_file_name(UPGRADED);
        if !self.cluster.exists() && upgraded.join("PG_VERSION").exists() {
            fs::rename(&upgraded, &self.cluster).with_context(|| format!("can't move {}", upgraded.display()))?;
            tracing::info!("finished an upgrade of the private PostgreSQL that was interrupted");
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn data_dir(cluster: &Path) -> DataDir {
        let lock = File::open("/dev/null").unwrap();
        let other = PathBuf::from("/none");
        DataDir { cluster: cluster.to_owned(), unfinished: other.clone(), socket: other.clone(), log: other, user: None, lock }
    }

    async fn is_running(cluster: &Path) -> Option<bool> {
        data_dir(cluster).postmaster().await.ok().map(|id| id.is_some())
    }

    #[tokio::test]
    async fn only_a_missing_file_means_that_postgres_does_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postmaster.pid");
        assert_eq!(is_running(folder.path()).await, Some(false), "no file");
        for text in ["", "x", "0", "-1", "4194999\n"] {
            fs::write(&file, text).unwrap();
            assert_eq!(is_running(folder.path()).await, Some(false), "{text:?}: no process");
        }
        fs::write(&file, format!("{}\n/somewhere", std::process::id())).unwrap();
        assert_eq!(is_running(folder.path()).await, Some(false), "a process that works elsewhere");
        fs::remove_file(&file).unwrap();
        // It can't be read, as when too many files are open.
        fs::create_dir(&file).unwrap();
        assert_eq!(is_running(folder.path()).await, None, "unknown");
    }

    #[tokio::test]
    async fn a_process_that_works_in_the_cluster_is_postgres() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new("sleep").arg("60").current_dir(folder.path()).spawn().unwrap();
        fs::write(folder.path().join("postmaster.pid"), format!("{}\n", process.id())).unwrap();
        assert_eq!(data_dir(folder.path()).postmaster().await.unwrap(), Some(process.id()));
        process.kill().unwrap();
        process.wait().unwrap();
        assert_eq!(is_running(folder.path()).await, Some(false));
    }

    #[tokio::test]
    async fn a_postgres_that_answers_is_alive_where_there_is_no_proc() {
        let (folder, no_proc) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let data_dir = DataDir { socket: folder.path().to_owned(), ..data_dir(folder.path()) };
        let mut process = Command::new("sleep").arg("60").current_dir("/").spawn().unwrap();
        fs::write(folder.path().join("postmaster.pid"), format!("{}\n", process.id())).unwrap();
        assert_eq!(data_dir.postmaster_by(no_proc.path()).await.unwrap(), None, "nobody answers: the number is another process's");
        let listener = std::os::unix::net::UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        assert_eq!(data_dir.postmaster_by(no_proc.path()).await.unwrap(), Some(process.id()));
        // A container in which root may not look at other users' processes has a /proc, but it says nothing.
        assert_eq!(data_dir.postmaster().await.unwrap(), Some(process.id()));
        drop(listener);
        assert_eq!(data_dir.postmaster_by(no_proc.path()).await.unwrap(), None, "the socket is left, but nobody listens");
        process.kill().unwrap();
        // Nobody has reaped it yet: it is still there, and serves nobody.
        while fs::read_to_string(format!("/proc/{}/stat", process.id())).is_ok_and(|stat| !stat.contains(") Z ")) {
            std::thread::yield_now();
        }
        assert_eq!(data_dir.postmaster().await.unwrap(), None, "a zombie");
        process.wait().unwrap();
        assert_eq!(data_dir.postmaster_by(no_proc.path()).await.unwrap(), None, "no process");
    }

    #[test]
    fn the_lock_follows_no_link_and_blocks_on_no_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let (target, lock) = (folder.path().join("target"), folder.path().join("lock"));
        fs::write(&target, "precious").unwrap();
        symlink(&target, &lock).unwrap();
        assert!(lock_file(folder.path()).is_err());
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
        fs::remove_file(&lock).unwrap();
        nix::unistd::mkfifo(&lock, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(lock_file(folder.path()).is_err());
        fs::remove_file(&lock).unwrap();
        let held = lock_file(folder.path()).unwrap();
        assert!(lock_file(folder.path()).unwrap_err().to_string().contains("another server"));
        drop(held);
        assert!(lock_file(folder.path()).is_ok());
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused_with_the_fix() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check_owner(folder.path()).is_ok());
        for mode in [0o702, 0o777] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert!(check_owner(folder.path()).unwrap_err().to_string().contains("chmod go-w"), "{mode:o}");
        }
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(check_owner(&file).unwrap_err().to_string().contains("not a directory"));
        // Root may own what it likes: its own folders belong to it.
        if nix::unistd::geteuid().is_root() {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
            chown(folder.path(), Some(65_534), None).unwrap();
            assert!(check_owner(folder.path()).unwrap_err().to_string().contains("belongs to the user with ID 65534"));
        }
    }
}
