//! The folder of a private PostgreSQL: who owns what in it, and that only one server uses it at a time.

use std::{
    fs::{self, File, TryLockError},
    io::{Read, Write},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;
use nix::unistd::{Gid, Uid, User};

/// The longest path of a Unix socket, less the name that PostgreSQL gives it (`sun_path` holds 108 bytes with its end).
const LONGEST_SOCKET_FOLDER: usize = 107 - "/.s.PGSQL.5432".len();

/// A data folder that is this server's alone, until it ends.
#[derive(Debug)]
pub(super) struct DataDir {
    /// The cluster's files.
    pub(super) cluster: PathBuf,
    /// Where a new cluster is made before it takes its place.
    pub(super) unfinished: PathBuf,
    /// The socket's folder: only PostgreSQL's user and root may enter.
    pub(super) socket: PathBuf,
    /// PostgreSQL's log.
    pub(super) log: PathBuf,
    /// The user that PostgreSQL runs as, when the server runs as root, which PostgreSQL refuses.
    pub(super) user: Option<(Uid, Gid)>,
    /// Held while this lives; a killed process lets go of it too.
    _lock: File,
}

impl DataDir {
    /// Makes the folder where it is missing, and takes it.
    ///
    /// # Errors
    /// It can't be made, or another server uses it.
    pub(super) fn take(path: &Path) -> anyhow::Result<Self> {
        if path.to_string_lossy().contains(['$', '`', '"', '\\', '\n']) {
            anyhow::bail!(
                "PostgreSQL can't use the folder {}: its name holds one of $ ` \" \\. Choose another with --data-dir.",
                path.display()
            );
        }
        let user = unprivileged_user()?;
        let new = !path.exists();
        fs::create_dir_all(path)
            .with_context(|| format!("can't make the data folder {}; choose another with --data-dir", path.display()))?;
        if new && user.is_some() {
            // PostgreSQL's user must get through to its own folders, and needs nothing else here.
            fs::set_permissions(path, fs::Permissions::from_mode(0o711))?;
        }
        let lock = take_lock(path)?;
        let socket = socket_in(path);
        let folder = Self {
            cluster: path.join("postgres"),
            unfinished: path.join("postgres.new"),
            log: socket.join("postgres.log"),
            socket,
            user,
            _lock: lock,
        };
        folder.make_private(&folder.socket)?;
        folder.check_way_in()?;
        Ok(folder)
    }

    /// The process that runs the cluster, if one does. The number alone is not enough: after a crash another process may have it.
    pub(super) fn postmaster(&self) -> Option<u32> {
        let text = fs::read_to_string(self.cluster.join("postmaster.pid")).ok()?;
        let number = text.lines().next()?.trim().parse().ok()?;
        // PostgreSQL works in its cluster's folder.
        let works_in = fs::read_link(format!("/proc/{number}/cwd")).ok()?;
        (works_in == self.cluster.canonicalize().ok()?).then_some(number)
    }

    /// Whether PostgreSQL's user gets through to its folders: the folders above belong to others.
    fn check_way_in(&self) -> anyhow::Result<()> {
        let Some((uid, gid)) = self.user else { return Ok(()) };
        let entered = Command::new("true").current_dir(&self.socket).uid(uid.as_raw()).gid(gid.as_raw()).status();
        if entered.is_ok_and(|status| status.success()) {
            return Ok(());
        }
        anyhow::bail!(
            "PostgreSQL does not run as root, and the user it runs as can't get into {}. Choose a folder that others may pass through with --data-dir.",
            self.socket.display()
        )
    }

    /// Makes a folder that only PostgreSQL's user may enter.
    pub(super) fn make_private(&self, path: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(path).with_context(|| format!("can't make {}", path.display()))?;
        let there = fs::symlink_metadata(path)?;
        let ours = [Some(nix::unistd::geteuid()), self.user.map(|(uid, _)| uid)];
        if !there.is_dir() || !ours.contains(&Some(Uid::from_raw(there.uid()))) {
            anyhow::bail!("{} belongs to somebody else. Choose another folder with --data-dir.", path.display());
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .with_context(|| format!("{} belongs to somebody else", path.display()))?;
        if let Some((uid, gid)) = self.user {
            chown(path, Some(uid.as_raw()), Some(gid.as_raw())).with_context(|| format!("can't hand over {}", path.display()))?;
        }
        Ok(())
    }
}

/// Where the socket of a data folder is: in it, or elsewhere if its path would be too long.
pub(super) fn socket_in(path: &Path) -> PathBuf {
    let socket = path.join("run");
    if socket.as_os_str().len() > LONGEST_SOCKET_FOLDER {
        return std::env::temp_dir().join(format!("portal-redirects-{:016x}", fnv(path)));
    }
    socket
}

fn take_lock(folder: &Path) -> anyhow::Result<File> {
    let opened = File::options().create(true).truncate(false).read(true).write(true).open(folder.join("lock"));
    let mut file = opened.with_context(|| format!("can't write to {}; choose another folder with --data-dir", folder.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder)?;
            anyhow::bail!(
                "another server (process {}) uses {}; stop it, or choose another folder with --data-dir",
                holder.trim(),
                folder.display()
            );
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(|| format!("can't lock {}", folder.display())),
    }
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

/// The user that PostgreSQL runs as, when this process is root.
fn unprivileged_user() -> anyhow::Result<Option<(Uid, Gid)>> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some((user.uid, user.gid)));
        }
    }
    anyhow::bail!("PostgreSQL does not run as root, and there is neither a user postgres nor nobody. Start the server as another user.")
}

/// FNV-1a: the same name for the same folder at every start.
fn fnv(path: &Path) -> u64 {
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
