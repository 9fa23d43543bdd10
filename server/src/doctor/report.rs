//! What was found, a line each. It is printed as it is found, since some checks take seconds.

use std::process::ExitCode;

use app::ui::text::{Escaped, counted};

use crate::process::stdout::print_line;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    ok: usize,
    notes: usize,
    problems: usize,
}

impl Report {
    /// Something is as it should be.
    pub(super) fn ok(&mut self, about: &str, text: impl AsRef<str>) {
        self.ok += 1;
        print("ok", about, text.as_ref());
    }

    /// Something works, but could be better.
    pub(super) fn note(&mut self, about: &str, text: impl AsRef<str>) {
        self.notes += 1;
        print("note", about, text.as_ref());
    }

    /// Something is wrong. The text says what to do.
    pub(super) fn problem(&mut self, about: &str, text: impl AsRef<str>) {
        self.problems += 1;
        print("problem", about, text.as_ref());
    }

    /// A check that could not be made is a problem as well.
    pub(super) fn failed(&mut self, about: &str, error: impl Into<anyhow::Error>) {
        self.problem(about, format!("this could not be checked: {:#}", error.into()));
    }

    /// How many problems there are so far.
    pub(super) fn problems(&self) -> usize {
        self.problems
    }

    /// Says how much of each kind there is.
    pub(super) fn exit_code(self) -> ExitCode {
        let Self { ok, notes, problems } = self;
        print_line(&format!("{ok} ok, {}, {}.", counted(notes, "note", "notes"), counted(problems, "problem", "problems")));
        if problems == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn print(verdict: &str, about: &str, text: &str) {
    print_line(&format!("{verdict:<8} {about:<14} {}", Escaped(text)));
}
