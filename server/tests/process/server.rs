//! A server on a database: started, asked to stop, killed.

use std::process::ExitStatus;

use super::server_process::{ServerProcess, serve};

/// A server that is ready.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) process: ServerProcess,
    /// Where it listens.
    pub(crate) address: String,
}

impl Server {
    /// Starts a server on that database, and returns once it is ready. `None` if it ends instead, for example without a database.
    pub(crate) fn start(database_url: &str, flags: &[&str]) -> Option<Self> {
        let flags = [&["--log", "error", "--database-url", database_url], flags].concat();
        let process = ServerProcess::start(&mut serve(&flags));
        let address = process.output.iter().find_map(|line| Some(line.split_once("ready: http://")?.1.to_owned()))?;
        Some(Self { process, address })
    }

    /// Kills it: it can write nothing more.
    pub(crate) fn kill(mut self) {
        self.process.child.kill().unwrap();
        self.process.child.wait().unwrap();
    }

    /// Asks it to stop, and waits until it has stopped.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.process.terminate();
        self.process.child.wait().unwrap()
    }
}
