//! A server on a database: started, asked to stop, killed.

use std::process::ExitStatus;

use super::server_process::{ServerProcess, serve};

/// A server that may not be ready yet.
#[derive(Debug)]
pub(crate) struct Starting(ServerProcess);

impl Starting {
    /// Returns once it is ready. `None` if it ends instead.
    pub(crate) fn ready(self) -> Option<Server> {
        let address = self.0.output.iter().find_map(|line| Some(line.split_once("ready: http://")?.1.to_owned()))?;
        Some(Server { process: self.0, address })
    }
}

/// A server that is ready.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) process: ServerProcess,
    /// Where it listens.
    pub(crate) address: String,
}

impl Server {
    /// Starts a server on that database, and returns once it is ready. `None` if it ends instead.
    pub(crate) fn start(database_url: &str, flags: &[&str]) -> Option<Self> {
        Self::launch(database_url, flags).ready()
    }

    /// Starts a server on a database that may be gone: it waits for it.
    pub(crate) fn launch(database_url: &str, flags: &[&str]) -> Starting {
        let flags = [&["--log", "error", "--database-url", database_url], flags].concat();
        Starting(ServerProcess::start(&mut serve(&flags)))
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
