//! Lines of any length are read in constant memory, and output is written before the next read may block.

use std::{
    cell::RefCell,
    io::{self, Read, Write},
    rc::Rc,
};

use super::{
    super::{flags::Format, input::MAX_LINE_BYTES, resolve_all},
    flags, one, outputs, resolver,
};

const SIGN_IN: [&str; 4] = ["--domain", "myapp.com", "--flow", "sign-in"];

#[test]
fn a_line_up_to_the_limit_is_read_and_a_longer_one_is_skipped() {
    let empty = r#"{"redirect_url":""}"#.len();
    let line = |bytes: usize| format!(r#"{{"redirect_url":"{}"}}"#, "a".repeat(bytes - empty));
    let input = [line(MAX_LINE_BYTES), line(MAX_LINE_BYTES + 1), line(3 * MAX_LINE_BYTES), line(30), line(MAX_LINE_BYTES + 1)].join("\n");
    let outputs = outputs(&SIGN_IN, input);
    assert_eq!(outputs.len(), 5);
    assert_eq!(outputs[0]["steps"][1]["reason"], "too_long");
    for at in [1, 2, 4] {
        assert_eq!(outputs[at]["error"], "the line is longer than 1048576 bytes; it was skipped");
        assert_eq!(outputs[at]["line"], at + 1);
    }
    assert_eq!(outputs[3]["source"], "redirect_url");
    let last = one(&SIGN_IN, line(MAX_LINE_BYTES));
    assert_eq!(last["source"], "home_url");
}

#[test]
fn output_is_flushed_before_the_next_read_may_block() {
    let written = Rc::new(RefCell::new(Vec::new()));
    // A line, half a line, two more and a half: no output may be held back while more is read.
    let parts = [("{}\n", 0), ("{", 1), ("}\n{}\n{}\n{", 1), ("}", 4), ("", 4)];
    let input = Chunks { parts: parts.into_iter(), written: Rc::clone(&written) };
    let mut all_valid = true;
    resolve_all(&mut resolver(&flags(&SIGN_IN)), Format::Json, input, Shared(Rc::clone(&written)), &mut all_valid).unwrap();
    assert!(all_valid);
    assert_eq!(lines(&written), 5);
}

/// Returns the input chunk by chunk, and checks how many lines were written before each read.
struct Chunks<I> {
    parts: I,
    written: Rc<RefCell<Vec<u8>>>,
}

impl<I: Iterator<Item = (&'static str, usize)>> Read for Chunks<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((part, expected)) = self.parts.next() else { return Ok(0) };
        assert_eq!(lines(&self.written), expected, "before {part:?}");
        buffer[..part.len()].copy_from_slice(part.as_bytes());
        Ok(part.len())
    }
}

struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lines(written: &RefCell<Vec<u8>>) -> usize {
    written.borrow().split(|byte| *byte == b'\n').count() - 1
}
