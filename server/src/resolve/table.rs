//! Answers for people: fixed columns, so that no line waits for a later one, and a summary at the end.

use std::{
    fmt::{self, Write as _},
    io::{self, Write},
};

use app::redirects::{Instance, Resolution, Source, Visit, explain_step};
use serde::Serialize;

use super::{answer::Answers, unread::Unread};

/// A table, and what its last line sums up.
#[derive(Debug)]
pub(super) struct Table<W> {
    out: W,
    as_asked: u64,
    refused: u64,
    unread: u64,
}

impl<W: Write> Table<W> {
    /// Begins with the columns' names.
    pub(super) fn begin(mut out: W) -> io::Result<Self> {
        writeln!(out, "{:>7}  {:<7}  {:<19}  {:<14}  target", "line", "result", "flow", "source")?;
        Ok(Self { out, as_asked: 0, refused: 0, unread: 0 })
    }
}

impl<W: Write> Answers for Table<W> {
    fn resolved(&mut self, number: u64, instance: &Instance, visit: Visit<'_>, resolution: &Resolution<'_>) -> io::Result<()> {
        let refused = resolution.steps.iter().find_map(|step| Some((step.source, explain_step(instance, visit, step)?)));
        let result = if refused.is_some() { "refused" } else { "ok" };
        let (flow, source, target) = (resolution.flow.name(), Name(resolution.source), Seen(resolution.target.as_str()));
        writeln!(self.out, "{number:>7}  {result:<7}  {flow:<19}  {source:<14}  {target}")?;
        match refused {
            None => self.as_asked += 1,
            Some((source, why)) => {
                self.refused += 1;
                writeln!(self.out, "{:18}{source}: {}", "", Seen(&why.to_string()), source = Name(source))?;
            }
        }
        Ok(())
    }

    fn unread(&mut self, number: u64, unread: &Unread) -> io::Result<()> {
        self.unread += 1;
        writeln!(self.out, "{number:>7}  {:<7}  {}", "error", Seen(&unread.sentence()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        let all = self.as_asked + self.refused + self.unread;
        let links = if all == 1 { "link" } else { "links" };
        let [all, as_asked, refused, unread] = [all, self.as_asked, self.refused, self.unread].map(Grouped);
        writeln!(self.out, "{all} {links}: {as_asked} as asked, {refused} refused, {unread} could not be read")?;
        self.flush()
    }
}

/// A source by its name in JSON.
struct Name(Source);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

/// A text of somebody else's on a terminal: what moves the cursor, hides or turns around is written as an escape.
pub(super) struct Seen<'a>(pub(super) &'a str);

impl fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '"' | '\'' | '\\' => f.write_char(c),
            c => c.escape_debug().try_for_each(|c| f.write_char(c)),
        })
    }
}

/// A number with a comma at every thousand.
struct Grouped(u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            return write!(f, "{}", self.0);
        }
        write!(f, "{},{:03}", Self(self.0 / 1000), self.0 % 1000)
    }
}
