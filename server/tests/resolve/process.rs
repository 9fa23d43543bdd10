//! The real binary, fed and read.

use std::{
    io::{ErrorKind, Write},
    process::{Child, ChildStdin, Stdio},
    thread::JoinHandle,
};

use serde_json::Value;

use crate::run::{Run, program};

impl Run {
    /// The answers, one for each line.
    pub(crate) fn answers(&self) -> Vec<Value> {
        self.output.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }
}

/// Begins `resolve` with these flags, far from any database.
pub(crate) fn start(flags: &[&str]) -> Child {
    program(&[&["resolve"], flags].concat())
        .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nowhere")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs `resolve` on an input.
pub(crate) fn resolve(flags: &[&str], input: impl Into<Vec<u8>>) -> Run {
    let mut child = start(flags);
    let fed = feed(child.stdin.take().unwrap(), input.into());
    let output = child.wait_with_output().unwrap();
    fed.join().unwrap();
    output.into()
}

/// Writes an input on a thread of its own, as long as somebody reads it.
pub(crate) fn feed(mut stdin: ChildStdin, input: Vec<u8>) -> JoinHandle<()> {
    std::thread::spawn(move || match stdin.write_all(&input) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
        _ => {}
    })
}
