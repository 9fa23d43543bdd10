//! Why a command ends early, and its exit code: scripts tell a difference from a failure by it.

use std::{io, process::ExitCode};

use app::manifest::FileError;

/// Why a command ends early.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was called in a way that can't be right.
    Usage(String),
    /// The file is not valid: each error with the name of the file.
    File(String, Vec<FileError>),
    /// The server or database can't be reached, or it does not allow this.
    Unreachable(anyhow::Error),
    /// Changes stopped before they were complete.
    Stopped(String),
}

/// The most errors of one file that are shown.
const MAX_SHOWN: usize = 50;

impl Failure {
    /// Says why, and returns the exit code.
    pub(super) fn exit_code(self) -> ExitCode {
        match self {
            Self::Usage(message) => {
                say(&format!("portal-redirects: {message}"));
                ExitCode::from(2)
            }
            Self::File(name, errors) => {
                for error in errors.iter().take(MAX_SHOWN) {
                    say(&format!("{name}:{error}"));
                }
                if let Some(more) = errors.len().checked_sub(MAX_SHOWN).filter(|more| *more > 0) {
                    say(&format!("{name}: and {more} more errors"));
                }
                ExitCode::from(2)
            }
            Self::Unreachable(error) => {
                say(&format!("portal-redirects: {error:#}"));
                ExitCode::from(3)
            }
            Self::Stopped(message) => {
                say(&format!("portal-redirects: {message}"));
                ExitCode::FAILURE
            }
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Unreachable(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Unreachable(anyhow::Error::from(error).context("can't write the output"))
    }
}

/// Says something on standard error.
#[expect(clippy::print_stderr, reason = "the person at the terminal sees why the command ended, whatever the log filter")]
pub(super) fn say(text: &str) {
    eprintln!("{}", app::ui::text::Escaped(text));
}
