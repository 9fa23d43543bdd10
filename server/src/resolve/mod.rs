//! `portal-redirects resolve`: reads JSON Lines and writes one resolution per line, in order and in constant memory.
//!
//! `input` splits the lines, `line` parses one, and `resolver` resolves it with the `flags` as defaults for an instance from
//! `instance_source`. `output` and `table` write the result.

mod flags;
mod input;
mod instance_source;
mod line;
mod line_error;
mod line_key;
mod output;
mod resolver;
mod table;
#[cfg(test)]
mod tests;

use std::{
    io::{self, BufWriter, Read, Write},
    process::ExitCode,
};

use anyhow::Context;
use app::instances::{store, stored::StoredInstance};

use crate::{config::Config, database};
pub(crate) use flags::Flags;
use flags::Format;
use input::Lines;
use instance_source::{InputInstances, InstanceSource};
use output::{JsonLines, Output};
use resolver::Resolver;
use table::Table;

/// Resolves the lines of standard input. Returns exit code 1 if a line is not valid.
///
/// # Errors
/// The instance is not in the database, or reading or writing fails. A closed output pipe is not an error.
pub(crate) fn run(flags: &Flags, config: &Config) -> anyhow::Result<ExitCode> {
    let line = flags.line();
    let instances = match &flags.instance {
        Some(slug) => InstanceSource::Database(Box::new(load(config, slug)?)),
        None => InstanceSource::Input(Box::new(InputInstances::new(&line))),
    };
    let mut resolver = Resolver::new(line, instances);
    let mut all_valid = true;
    match resolve_all(&mut resolver, flags.format(), io::stdin().lock(), io::stdout().lock(), &mut all_valid) {
        Err(error) if error.downcast_ref().map(io::Error::kind) == Some(io::ErrorKind::BrokenPipe) => {}
        result => result?,
    }
    Ok(if all_valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Loads the instance with this slug from a database that is already running.
fn load(config: &Config, slug: &str) -> anyhow::Result<StoredInstance> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut connection = database::connect(config).await?;
        let found = store::find(&mut connection, slug).await.context("can't read the instance from the database")?;
        let found = found.with_context(|| format!("there is no instance {slug:?}; use its slug from the dashboard's URL"))?;
        anyhow::ensure!(found.archived_at.is_none(), "the instance {slug:?} is archived, so its portal is closed; an owner can restore it");
        Ok(found)
    })
}

/// Resolves every line of `input`. Sets `all_valid` to false if one is not valid.
fn resolve_all(resolver: &mut Resolver, format: Format, input: impl Read, output: impl Write, all_valid: &mut bool) -> anyhow::Result<()> {
    let output = BufWriter::with_capacity(1 << 16, output);
    let write_error = "can't write the output";
    let mut writer: Box<dyn Output + '_> = match format {
        Format::Json => Box::new(JsonLines(output)),
        Format::Table => Box::new(Table::begin(output).context(write_error)?),
    };
    let mut lines = Lines::new(input);
    while let Some((number, line)) = lines.next().context("can't read standard input")? {
        let written = line.and_then(|line| resolver.resolve(line, |resolved| writer.resolved(number, resolved)));
        let written = written.unwrap_or_else(|error| {
            *all_valid = false;
            writer.failed(number, &error)
        });
        written.context(write_error)?;
        // The program on the other side may wait for this result before it writes the next line.
        if lines.may_block() {
            writer.flush().context(write_error)?;
        }
    }
    writer.end().context(write_error)
}
