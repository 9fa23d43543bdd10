//! The real server as a process of a test's own, which ends with its test.
//!
//! Every test binary that starts servers includes this file by its path, and so does the benchmark.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// The environment variables that would change what the flags say.
const VARIABLES: [&str; 5] =
    ["DATABASE_URL", "DATABASE_MIGRATE_URL", "DATABASE_LISTEN_URL", "PORTAL_REDIRECTS_LISTEN", "PORTAL_REDIRECTS_DASHBOARD_URL"];

/// The command that serves with these flags: on a free port of this machine, unless they say another.
pub(crate) fn serve(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal-redirects"));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.arg("serve").args(flags);
    // What tests store leads to hosts that may exist.
    if !flags.contains(&"--target-checks") {
        command.args(["--target-checks", "off"]);
    }
    if !flags.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command
}

/// A running server.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    pub(crate) child: Child,
    /// The lines of its standard output. They are read as it writes them, so that it never waits.
    pub(crate) output: Receiver<String>,
}

impl ServerProcess {
    /// Starts the command.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, output) = mpsc::channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        Self { child, output }
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
