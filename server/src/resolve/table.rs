//! Output for people: fixed columns, so that no line waits for a later one, and a summary at the end.

use std::io::{self, Write};

use app::{
    redirects::{Instance, Resolution, Visit, explain_first_refusal},
    ui::text::{Grouped, Seen},
};

use super::{line_error::LineError, output::Output};

/// A table, and what its last line sums up.
#[derive(Debug)]
pub(super) struct Table<W> {
    out: W,
    as_asked: u64,
    refused: u64,
    failed: u64,
}

impl<W: Write> Table<W> {
    /// Begins with the columns' names.
    pub(super) fn begin(mut out: W) -> io::Result<Self> {
        writeln!(out, "{:>7}  {:<7}  {:<19}  {:<14}  target", "line", "result", "flow", "source")?;
        Ok(Self { out, as_asked: 0, refused: 0, failed: 0 })
    }
}

impl<W: Write> Output for Table<W> {
    fn resolved(&mut self, number: u64, instance: &Instance, visit: Visit<'_>, resolution: &Resolution<'_>) -> io::Result<()> {
        let refused = explain_first_refusal(instance, visit, resolution);
        let result = if refused.is_some() { "refused" } else { "ok" };
        let (flow, source, target) = (resolution.flow.name(), resolution.source.name(), Seen(resolution.target.as_str()));
        writeln!(self.out, "{number:>7}  {result:<7}  {flow:<19}  {source:<14}  {target}")?;
        match refused {
            None => self.as_asked += 1,
            Some((source, why)) => {
                self.refused += 1;
                writeln!(self.out, "{:18}{source}: {}", "", Seen(&why.to_string()), source = source.name())?;
            }
        }
        Ok(())
    }

    fn failed(&mut self, number: u64, error: &LineError) -> io::Result<()> {
        self.failed += 1;
        writeln!(self.out, "{number:>7}  {:<7}  {}", "error", Seen(&error.sentence()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        let all = self.as_asked + self.refused + self.failed;
        let links = if all == 1 { "link" } else { "links" };
        let [all, as_asked, refused, failed] = [all, self.as_asked, self.refused, self.failed].map(Grouped);
        writeln!(self.out, "{all} {links}: {as_asked} as asked, {refused} refused, {failed} could not be read")?;
        self.flush()
    }
}
