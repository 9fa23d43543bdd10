//! The real program as a command: what a run wrote, and how it ended.
//!
//! Every test binary that runs commands includes this file by its path.

use std::process::{Command, Output};

/// The environment variables that would change what the flags say.
const VARIABLES: [&str; 7] = [
    "DATABASE_LISTEN_URL",
    "DATABASE_MIGRATE_URL",
    "DATABASE_URL",
    "PORTAL_REDIRECTS_DASHBOARD_URL",
    "PORTAL_REDIRECTS_DATA_DIR",
    "PORTAL_REDIRECTS_LISTEN",
    "PORTAL_REDIRECTS_TOKEN",
];

/// What a run wrote, and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) said: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), output: text(output.stdout), said: text(output.stderr) }
    }
}

/// The command with these words, and nothing from the environment.
pub(crate) fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal-redirects"));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.args(words);
    command
}
