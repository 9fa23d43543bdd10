//! The lines of the input, one at a time, in constant memory however long one is.

use std::io::{self, BufRead, BufReader, Read};

use super::line_error::LineError;

/// The longest line, in bytes without its end.
pub(super) const MOST_LINE_BYTES: usize = 1 << 20;

/// How much is read at once.
const BUFFER: usize = 1 << 16;

/// UTF-8's byte-order mark, which some editors put before the first line.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A line's number, from 1, and the line without its end.
pub(super) type Counted<'a> = (u64, Result<&'a [u8], LineError>);

/// Lines as they come.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { reader: BufReader::with_capacity(BUFFER, input), line: Vec::new(), number: 0 }
    }

    /// The next line; `None` after the last.
    ///
    /// # Errors
    /// The input can't be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Counted<'_>>> {
        self.line.clear();
        let most = u64::try_from(MOST_LINE_BYTES + 1).unwrap_or(u64::MAX);
        if (&mut self.reader).take(most).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let line = match self.line.strip_suffix(b"\n") {
            Some(line) => Ok(line),
            None if self.line.len() <= MOST_LINE_BYTES => Ok(&*self.line),
            None => {
                self.reader.skip_until(b'\n')?;
                Err(LineError::TooLong)
            }
        };
        let marked = self.number == 1;
        Ok(Some((self.number, line.map(|line| line.strip_prefix(MARK).filter(|_| marked).unwrap_or(line)))))
    }

    /// Whether no whole line is at hand: the next one may take its time, or wait for an answer to this one.
    pub(super) fn pauses(&self) -> bool {
        !self.reader.buffer().contains(&b'\n')
    }
}
