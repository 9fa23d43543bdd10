//! `portal-redirects resolve`: JSON Lines in, for each the resolution out, in order and in constant memory.
//!
//! `input` hands out lines, `line` reads one, `request` makes a visit of it with the `flags` as defaults, about the instance
//! that is `served`; `answer` and `table` write what became of it.

mod answer;
mod flags;
mod input;
mod key;
mod line;
mod request;
mod served;
mod table;
#[cfg(test)]
mod tests;
mod unread;

use std::{
    io::{self, BufWriter, Read, Write},
    process::ExitCode,
};

use anyhow::Context;
use app::instances::{store, stored::StoredInstance};

use crate::{config::Config, database};
use answer::{Answers, Json};
pub(crate) use flags::Flags;
use flags::Format;
use input::Lines;
use request::Resolver;
use served::{Given, Served};
use table::Table;

/// Answers the lines of standard input on standard output. The exit code is 1 if one of them could not be read.
///
/// # Errors
/// The instance is not in the database, or reading or writing fails. A reader that has enough is no error.
pub(crate) fn run(flags: &Flags, config: &Config) -> anyhow::Result<ExitCode> {
    let line = flags.line();
    let served = match &flags.instance {
        Some(slug) => Served::Stored(Box::new(stored(config, slug)?)),
        None => Served::Given(Box::new(Given::new(&line))),
    };
    let mut resolver = Resolver { flags: line, served };
    let mut all_read = true;
    match answer(&mut resolver, flags.format(), io::stdin().lock(), io::stdout().lock(), &mut all_read) {
        Err(error) if error.downcast_ref().map(io::Error::kind) == Some(io::ErrorKind::BrokenPipe) => {}
        answered => answered?,
    }
    Ok(if all_read { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The instance of that slug, from a database that is up already.
fn stored(config: &Config, slug: &str) -> anyhow::Result<StoredInstance> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut connection = database::connect(config).await?;
        let found = store::find(&mut connection, slug).await.context("the instance can't be read from the database")?;
        let found =
            found.with_context(|| format!("there is no instance {slug:?}; its name in the dashboard's URLs goes with --instance"))?;
        anyhow::ensure!(found.archived_at.is_none(), "the instance {slug:?} is archived, so its portal is closed; an owner can restore it");
        Ok(found)
    })
}

/// Answers every line of `input`, and notes whether all could be read.
fn answer(resolver: &mut Resolver, format: Format, input: impl Read, output: impl Write, all_read: &mut bool) -> anyhow::Result<()> {
    let output = BufWriter::with_capacity(1 << 16, output);
    let written = "the answers can't be written";
    let mut answers: Box<dyn Answers + '_> = match format {
        Format::Json => Box::new(Json(output)),
        Format::Table => Box::new(Table::begin(output).context(written)?),
    };
    let mut lines = Lines::new(input);
    while let Some((number, line)) = lines.next().context("standard input can't be read")? {
        let told = line
            .and_then(|line| resolver.resolve(line, |instance, visit, resolution| answers.resolved(number, instance, visit, resolution)));
        let told = told.unwrap_or_else(|unread| {
            *all_read = false;
            answers.unread(number, &unread)
        });
        told.context(written)?;
        // Whoever waits for this answer before writing on gets it.
        if lines.pauses() {
            answers.flush().context(written)?;
        }
    }
    answers.end().context(written)
}
