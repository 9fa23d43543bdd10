//! Lines in and answers out, without a process around them.

mod bad_lines;
mod caching;
mod defaults;
mod links;
mod long_lines;
mod table;

use clap::Parser;
use serde_json::Value;

use super::{InputInstances, InstanceSource, Resolver, answer, flags::Flags};
use crate::cli::{Cli, Command};

/// The flags of a command line.
fn flags(words: &[&str]) -> Flags {
    let cli = Cli::try_parse_from(["portal-redirects", "resolve"].iter().chain(words)).unwrap();
    match cli.command {
        Some(Command::Resolve(flags)) => *flags,
        other => panic!("{other:?}"),
    }
}

/// What the flags say for all lines, without a database.
fn resolver(flags: &Flags) -> Resolver {
    let line = flags.line();
    Resolver { instances: InstanceSource::Input(Box::new(InputInstances::new(&line))), flags: line }
}

/// What is written for an input, and whether all of it could be read.
fn written(words: &[&str], input: impl AsRef<[u8]>) -> (String, bool) {
    let flags = flags(words);
    let (mut output, mut all_read) = (Vec::new(), true);
    answer(&mut resolver(&flags), flags.format(), input.as_ref(), &mut output, &mut all_read).unwrap();
    (String::from_utf8(output).unwrap(), all_read)
}

/// The answers to an input, one for each line.
fn answers(words: &[&str], input: impl AsRef<[u8]>) -> Vec<Value> {
    written(words, input).0.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The answer to one line.
fn one(words: &[&str], line: impl AsRef<[u8]>) -> Value {
    let mut answers = answers(words, line);
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

/// Why one line can't be read.
fn error(words: &[&str], line: impl AsRef<[u8]>) -> String {
    let answer = one(words, line);
    assert_eq!(answer["line"], 1, "{answer}");
    answer["error"].as_str().unwrap().to_owned()
}

/// Where the link of one line leads, and from which source.
fn target(words: &[&str], line: &str) -> (String, String) {
    let answer = one(words, line);
    let text = |key: &str| answer[key].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    (text("target"), text("source"))
}
