//! A PostgreSQL of a test's own, that can be killed and started again.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Gid, Pid, Uid, User, geteuid},
};
use sqlx::postgres::PgConnectOptions;

/// How often it is looked whether it is there.
const ROUND: Duration = Duration::from_millis(20);

/// A cluster in a folder of its own. Nothing is synchronised to the disk: what a process has written outlives the process, and
/// only processes are killed here.
#[derive(Debug)]
pub(crate) struct Postgres {
    folder: tempfile::TempDir,
    /// Where it is found: its own folder, or that of the one it has taken over from.
    socket: PathBuf,
    programs: PathBuf,
    user: Option<(Uid, Gid)>,
    settings: Vec<String>,
    child: Option<Child>,
}

impl Postgres {
    /// Makes one and starts it, with settings like `log_statement=all`.
    pub(crate) fn new(settings: &[&str]) -> Self {
        let mut postgres = Self::empty(settings);
        let data = postgres.data();
        let made = postgres
            .command("initdb")
            .arg("-D")
            .arg(data)
            .args(["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        postgres.start();
        postgres
    }

    fn empty(settings: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("portal-redirects-pg").tempdir().unwrap();
        let user = geteuid().is_root().then(unprivileged_user);
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid.as_raw()), Some(gid.as_raw())).unwrap();
        }
        let settings = settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]).collect();
        let socket = folder.path().to_owned();
        Self { folder, socket, programs: programs(), user, settings, child: None }
    }

    /// Makes a standby of it, in a folder of its own, and starts that.
    pub(crate) fn standby(&self) -> Self {
        let mut standby = Self::empty(&[]);
        let mut command = standby.command("pg_basebackup");
        command.args(["-U", "postgres", "-X", "stream", "-c", "fast", "-R", "--no-sync"]).arg("-h").arg(&self.socket);
        let made = command.arg("-D").arg(standby.data()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        standby.start();
        standby
    }

    /// Starts it where another one was found that is gone, and ends its life as a standby.
    pub(crate) fn take_over(&mut self, from: &Self) {
        self.socket.clone_from(&from.socket);
        self.start();
        self.promote();
    }

    /// Ends its life as a standby.
    pub(crate) fn promote(&self) {
        let promoted = self.command("pg_ctl").args(["promote", "-w", "-D"]).arg(self.data()).output().unwrap();
        assert!(promoted.status.success(), "{}", String::from_utf8_lossy(&promoted.stderr));
    }

    /// How to connect to one of its databases; `postgres` is there from the beginning.
    pub(crate) fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.socket).username("postgres").database(database)
    }

    /// The same as a URL.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.socket.display().to_string().replace('/', "%2F"))
    }

    /// Starts it, and returns once it takes connections: after a kill it recovers first.
    pub(crate) fn start(&mut self) {
        while !self.is_up() {
            if self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some()) {
                // Processes of a killed one may hold its memory for a moment: then it ends at once, and is started again.
                drop(fs::remove_file(self.data().join("postmaster.pid")));
                self.child = Some(self.launch());
            }
            std::thread::sleep(ROUND);
        }
    }

    /// Kills every one of its processes, with no chance to write anything more.
    pub(crate) fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let postmaster = Pid::from_raw(child.id().try_into().unwrap());
        // Stopped first, so that it neither starts another nor hears of the deaths of its own.
        let _ = kill(postmaster, Signal::SIGSTOP);
        for process in children(postmaster) {
            let _ = kill(process, Signal::SIGKILL);
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn launch(&self) -> Child {
        let log = fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(&self.socket);
        command.args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=100"]).args(&self.settings);
        command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
    }

    fn is_up(&self) -> bool {
        let mut command = self.command("pg_isready");
        command.arg("-q").arg("-h").arg(&self.socket).status().unwrap().success()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir("/").stdin(Stdio::null()).env("LC_ALL", "C");
        if let Some((uid, gid)) = self.user {
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The processes that a process has started.
fn children(of: Pid) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let parent = |process: &i32| -> Option<i32> {
        let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name, in brackets, may hold anything.
        line.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    processes.filter(|process| parent(process) == Some(of.as_raw())).map(Pid::from_raw).collect()
}

/// The folder of PostgreSQL's programs: Debian's newest, else where they are on the path.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    let debian = newest.map(|version| Path::new("/usr/lib/postgresql").join(version.to_string()).join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = debian.into_iter().chain(std::env::split_paths(&path));
    candidates.find(|folder| folder.join("initdb").exists()).expect("PostgreSQL's programs are on this machine")
}

/// The user that PostgreSQL runs as, where this is root, which PostgreSQL refuses.
fn unprivileged_user() -> (Uid, Gid) {
    let user = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).unwrap()).expect("there is such a user");
    (user.uid, user.gid)
}
