//! Why a command ends early, and its exit code: scripts tell a difference from a failure by it.

use std::{
    fmt,
    io::{self, ErrorKind},
    process::ExitCode,
};

use app::manifest::FileError;

/// Why a command ends early.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was called in a way that can't be right.
    Usage(String),
    /// The file is not valid: its name and what is wrong.
    File(String, Vec<FileError>),
    /// The server or database can't be reached, or it does not allow this.
    Unreachable(anyhow::Error),
    /// Changes stopped before they were complete.
    Stopped(String),
    /// Changes stopped, because the rules refuse some of the file: its name, what is refused, and how much was changed before.
    Refused(String, Vec<FileError>, String),
}

/// The most errors of one file that are shown.
const MAX_SHOWN: usize = 50;

impl Failure {
    /// Says why, and returns the exit code.
    pub(super) fn exit_code(self) -> ExitCode {
        for line in self.in_file() {
            say(&line);
        }
        if let Some(message) = self.message() {
            say(&format!("portal-redirects: {message}"));
        }
        match self {
            Self::Stopped(_) | Self::Refused(..) => ExitCode::FAILURE,
            Self::Usage(_) | Self::File(..) => ExitCode::from(2),
            Self::Unreachable(_) => ExitCode::from(3),
        }
    }

    /// The same failure with what was being done.
    pub(super) fn context(self, doing: String) -> Self {
        match self {
            Self::Unreachable(error) => Self::Unreachable(error.context(doing)),
            other => other,
        }
    }

    /// What is wrong in the file, a line for each error.
    fn in_file(&self) -> Vec<String> {
        let (Self::File(name, errors) | Self::Refused(name, errors, _)) = self else { return Vec::new() };
        let more = errors.len().checked_sub(MAX_SHOWN).filter(|more| *more > 0);
        let more = more.map(|more| format!("{name}: and {more} more errors"));
        errors.iter().take(MAX_SHOWN).map(|error| format!("{name}:{error}")).chain(more).collect()
    }

    fn message(&self) -> Option<String> {
        match self {
            Self::Usage(message) | Self::Stopped(message) | Self::Refused(_, _, message) => Some(message.clone()),
            Self::Unreachable(error) => Some(format!("{error:#}")),
            Self::File(..) => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.in_file().into_iter().chain(self.message()).collect();
        f.write_str(&lines.join("\n"))
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

/// The result of writing. A reader that closes the output early is no error.
pub(super) fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Says something on standard error.
#[expect(clippy::print_stderr, reason = "the person at the terminal sees why the command ended, whatever the log filter")]
pub(super) fn say(text: &str) {
    eprintln!("{}", app::ui::text::Escaped(text));
}
