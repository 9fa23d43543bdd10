//! The output: one line for each input line, in order. It is a resolution, or the reason why the input line is not valid.

use std::io::{self, Write};

use app::redirects::{Instance, Resolution, Visit};
use serde::Serialize;

use super::line_error::LineError;

/// An output format.
pub(super) trait Output {
    /// Writes the resolution of a line.
    fn resolved(&mut self, number: u64, instance: &Instance, visit: Visit<'_>, resolution: &Resolution<'_>) -> io::Result<()>;

    /// Writes the error of a line.
    fn failed(&mut self, number: u64, error: &LineError) -> io::Result<()>;

    /// Flushes what was written so far.
    fn flush(&mut self) -> io::Result<()>;

    /// Finishes the output after the last line.
    fn end(&mut self) -> io::Result<()>;
}

/// The format JSON Lines.
#[derive(Debug)]
pub(super) struct JsonLines<W>(pub(super) W);

#[derive(Serialize)]
struct Failed<'a> {
    line: u64,
    error: &'a str,
}

impl<W: Write> JsonLines<W> {
    fn write(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, value)?;
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
