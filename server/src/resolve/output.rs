//! The output: one line for each input line, in order. It is a resolution, or the reason why the input line is not valid.

use std::io::{self, Write};

use app::redirects::{Instance, LinkAdvice, Resolution, Visit};
use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::line_error::LineError;

/// A line that was resolved.
#[derive(Debug)]
pub(super) struct Resolved<'a> {
    pub(super) instance: &'a Instance,
    pub(super) visit: Visit<'a>,
    pub(super) resolution: Resolution<'a>,
    /// What there is to say about the line's link or parameters.
    pub(super) advice: LinkAdvice,
}

/// An output format.
pub(super) trait Output {
    /// Writes the resolution of a line.
    fn resolved(&mut self, number: u64, resolved: &Resolved<'_>) -> io::Result<()>;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected_link: Option<&'a str>,
}

/// A resolution with its advice. Each field of the advice is there only if it says something.
struct Advised<'a> {
    resolution: &'a Resolution<'a>,
    advice: &'a LinkAdvice,
}

impl Serialize for Advised<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let LinkAdvice { mistakes, notes, corrected } = self.advice;
        let mut object = serializer.serialize_struct("Advised", Resolution::FIELDS + 3)?;
        self.resolution.serialize_fields(&mut object)?;
        if !mistakes.is_empty() {
            object.serialize_field("advice", mistakes)?;
        }
        if !notes.is_empty() {
            object.serialize_field("notes", notes)?;
        }
        if let Some(corrected) = corrected {
            object.serialize_field("corrected_link", corrected)?;
        }
        object.end()
    }
}

impl<W: Write> JsonLines<W> {
    fn write(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, value)?;
        self.0.write_all(b"\n")
    }
}

impl<W: Write> Output for JsonLines<W> {
    fn resolved(&mut self, _: u64, Resolved { resolution, advice, .. }: &Resolved<'_>) -> io::Result<()> {
        self.write(&Advised { resolution, advice })
    }

    fn failed(&mut self, number: u64, error: &LineError) -> io::Result<()> {
        self.write(&Failed { line: number, error: &error.sentence(), corrected_link: error.corrected_link() })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        self.flush()
    }
}
