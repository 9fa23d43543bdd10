//! Tests of input and output, without a process.

mod bad_lines;
mod caching;
mod defaults;
mod links;
mod long_lines;
mod table;

use clap::Parser;
use serde_json::Value;

use super::{InputInstances, InstanceSource, Resolver, flags::Flags, resolve_all};
use crate::cli::{Cli, Command};

/// Parses the flags of a command line.
fn flags(words: &[&str]) -> Flags {
    let cli = Cli::try_parse_from(["portal-redirects", "resolve"].iter().chain(words)).unwrap();
    match cli.command {
        Some(Command::Resolve(flags)) => *flags,
        other => panic!("{other:?}"),
    }
}

/// A resolver with these flags and without a database.
fn resolver(flags: &Flags) -> Resolver {
    let line = flags.line();
    let instances = InstanceSource::Input(Box::new(InputInstances::new(&line)));
    Resolver::new(line, instances)
}

/// The output for an input, and whether every line was valid.
fn written(words: &[&str], input: impl AsRef<[u8]>) -> (String, bool) {
    let flags = flags(words);
    let (mut output, mut all_valid) = (Vec::new(), true);
    resolve_all(&mut resolver(&flags), flags.format(), input.as_ref(), &mut output, &mut all_valid).unwrap();
    (String::from_utf8(output).unwrap(), all_valid)
}

/// The output for an input, one value per line.
fn outputs(words: &[&str], input: impl AsRef<[u8]>) -> Vec<Value> {
    written(words, input).0.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The output for one line.
fn one(words: &[&str], line: impl AsRef<[u8]>) -> Value {
    let mut outputs = outputs(words, line);
    assert_eq!(outputs.len(), 1);
    outputs.remove(0)
}

/// The error of one line.
fn error(words: &[&str], line: impl AsRef<[u8]>) -> String {
    let output = one(words, line);
    assert_eq!(output["line"], 1, "{output}");
    output["error"].as_str().unwrap().to_owned()
}

/// The target of one line, and its source.
fn target(words: &[&str], line: &str) -> (String, String) {
    let output = one(words, line);
    let text = |key: &str| output[key].as_str().unwrap_or_else(|| panic!("{output}")).to_owned();
    (text("target"), text("source"))
}
