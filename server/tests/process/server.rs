//! The real server as a process: started, asked to stop, killed.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// A server on a port of its own, ended with its test.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) child: Child,
    /// Where it listens.
    pub(crate) address: String,
}

impl Server {
    /// Starts one on that database, and answers once it serves; `None` where it ends instead, as without a database.
    pub(crate) fn start(database_url: &str, flags: &[&str]) -> Option<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portal-redirects"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--database-url", database_url]).args(flags);
        for variable in ["DATABASE_URL", "DATABASE_MIGRATE_URL", "PORTAL_REDIRECTS_LISTEN", "PORTAL_REDIRECTS_DASHBOARD_URL"] {
            command.env_remove(variable);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let (sender, receiver) = mpsc::channel();
        // Read to its end: what it says must go somewhere.
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("ready: http://") {
                    drop(sender.send(address.to_owned()));
                }
            }
        });
        if let Ok(address) = receiver.recv() {
            return Some(Self { child, address });
        }
        child.wait().unwrap();
        None
    }

    /// Kills it: nothing more is done or said.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
