//! One answer for each line, in order: a resolution, or why the line could not be read.

use std::io::{self, Write};

use app::redirects::{Instance, Resolution, Visit};
use serde::Serialize;

use super::line_error::LineError;

/// Where answers go.
pub(super) trait Output {
    /// Where the link of a line leads.
    fn resolved(&mut self, number: u64, instance: &Instance, visit: Visit<'_>, resolution: &Resolution<'_>) -> io::Result<()>;

    /// A line that could not be read.
    fn failed(&mut self, number: u64, error: &LineError) -> io::Result<()>;

    /// Hands on what was answered so far.
    fn flush(&mut self) -> io::Result<()>;

    /// Comes after the last line.
    fn end(&mut self) -> io::Result<()>;
}

/// JSON Lines.
#[derive(Debug)]
pub(super) struct JsonLines<W>(pub(super) W);

#[derive(Serialize)]
struct Failed<'a> {
    line: u64,
    error: &'a str,
}

impl<W: Write> JsonLines<W> {
    fn write(&mut self, answer: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, answer)?;
        self.0.write_all(b"\n")
    }
}

impl<W: Write> Output for JsonLines<W> {
    fn resolved(&mut self, _: u64, _: &Instance, _: Visit<'_>, resolution: &Resolution<'_>) -> io::Result<()> {
        self.write(resolution)
    }

    fn failed(&mut self, number: u64, error: &LineError) -> io::Result<()> {
        self.write(&Failed { line: number, error: &error.sentence() })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        self.flush()
    }
}
