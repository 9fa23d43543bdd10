//! A PgBouncer of a test's own, in front of the PostgreSQL of all tests. It listens on a socket, so tests don't share ports.

use std::{
    fs,
    os::unix::{fs::chown, net::UnixStream, process::CommandExt},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::unistd::{User, geteuid};
use sqlx::PgPool;

use crate::process::options;

/// A running PgBouncer, with its defaults where the tests need nothing else.
pub(crate) struct PgBouncer {
    folder: tempfile::TempDir,
    child: Child,
}

impl PgBouncer {
    /// Starts one with that `pool_mode`, which opens up to `size` connections to each database.
    pub(crate) async fn start(pool: &PgPool, mode: &str, size: u32) -> Self {
        Self::with(pool, &format!("pool_mode = {mode}\ndefault_pool_size = {size}")).await
    }

    /// Starts one with these settings.
    pub(crate) async fn with(pool: &PgPool, settings: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("portal-redirects-pgbouncer").tempdir().unwrap();
        let (path, postgres) = (folder.path().display(), options(pool));
        let host = postgres.get_socket().map_or_else(|| postgres.get_host().to_owned(), |socket| socket.display().to_string());
        let (port, user) = (postgres.get_port(), postgres.get_username());
        let settings = format!(
            "[databases]\n* = host={host} port={port} user={user}\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = {path}\nauth_type = any\n\
             logfile = {path}/log\n{settings}\n"
        );
        let file = folder.path().join("settings.ini");
        fs::write(&file, settings).unwrap();
        // Its user may not be allowed to enter the folder that it is in.
        let program = folder.path().join("pgbouncer");
        fs::copy(binary(), &program).expect("PgBouncer is on this machine (.ci/setup tests)");
        let mut command = Command::new(program);
        command.arg("-q").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // It refuses to run as root.
        if geteuid().is_root() {
            let user = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).unwrap()).unwrap();
            chown(folder.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        let mut child = command.spawn().unwrap();
        // The socket exists a moment before it is listened to.
        while UnixStream::connect(folder.path().join(".s.PGSQL.6432")).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "{:?}", fs::read_to_string(folder.path().join("log")));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Self { folder, child }
    }

    /// The URL of a test's database through it.
    pub(crate) fn url(&self, pool: &PgPool) -> String {
        let (options, path) = (options(pool), self.folder.path().display());
        let (user, database) = (options.get_username().to_owned(), options.get_database().unwrap().to_owned());
        format!("postgres://{user}@/{database}?host={path}&port=6432")
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The one that `.ci/setup tests` has built, or the system's if that is new enough to need none. `PGBOUNCER` names another one.
fn binary() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")));
    let tools = variable("PORTAL_REDIRECTS_TOOLS").or_else(|| cache().map(|cache| cache.join("portal-redirects/tools")));
    let built = tools.map(|tools| tools.join("pgbouncer/bin/pgbouncer")).filter(|built| built.exists());
    variable("PGBOUNCER").or(built).unwrap_or_else(|| PathBuf::from("/usr/sbin/pgbouncer"))
}
