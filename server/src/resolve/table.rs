//! The output for people: columns of fixed width, so that every line can be written at once, and a summary at the end.

use std::io::{self, Write};

use app::{
    redirects::explain_first_refusal,
    ui::text::{Escaped, Grouped},
};

use super::{
    line_error::LineError,
    output::{Output, Resolved},
};

/// The format for people, with the counts for its last line.
#[derive(Debug)]
pub(super) struct Table<W> {
    out: W,
    ok: u64,
    refused: u64,
    failed: u64,
}

impl<W: Write> Table<W> {
    /// Starts the table with its header.
    pub(super) fn begin(mut out: W) -> io::Result<Self> {
        writeln!(out, "{:>7}  {:<7}  {:<19}  {:<14}  target", "line", "result", "flow", "source")?;
        Ok(Self { out, ok: 0, refused: 0, failed: 0 })
    }

    /// Writes a line below a row, about that row.
    fn below(&mut self, label: &str, text: &str) -> io::Result<()> {
        writeln!(self.out, "{:18}{label}: {}", "", Escaped(text))
    }
}

impl<W: Write> Output for Table<W> {
    fn resolved(&mut self, number: u64, resolved: &Resolved<'_>) -> io::Result<()> {
        let Resolved { instance, visit, resolution, advice } = resolved;
        let refused = explain_first_refusal(instance, *visit, resolution);
        let result = if refused.is_some() { "refused" } else { "ok" };
        let (flow, source, target) = (resolution.flow.name(), resolution.source.name(), Escaped(resolution.target.as_str()));
        writeln!(self.out, "{number:>7}  {result:<7}  {flow:<19}  {source:<14}  {target}")?;
        match refused {
            None => self.ok += 1,
            Some((source, why)) => {
                self.refused += 1;
                self.below(source.name(), &why.to_string())?;
            }
        }
        for mistake in &advice.mistakes {
            self.below("advice", mistake)?;
        }
        for note in &advice.notes {
            self.below("note", note)?;
        }
        advice.corrected.as_deref().map_or(Ok(()), |link| self.below("corrected link", link))
    }

    fn failed(&mut self, number: u64, error: &LineError) -> io::Result<()> {
        self.failed += 1;
        writeln!(self.out, "{number:>7}  {:<7}  {}", "error", Escaped(&error.sentence()))?;
        error.corrected_link().map_or(Ok(()), |link| self.below("corrected link", link))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        let all = self.ok + self.refused + self.failed;
        let (links, errors) = (if all == 1 { "link" } else { "links" }, if self.failed == 1 { "error" } else { "errors" });
        let [all, ok, refused, failed] = [all, self.ok, self.refused, self.failed].map(Grouped);
        writeln!(self.out, "{all} {links}: {ok} ok, {refused} refused, {failed} {errors}")?;
        self.flush()
    }
}
