//! Reads the input line by line, in constant memory however long a line is.

use std::io::{self, BufRead, BufReader, Read};

use super::line_error::LineError;

/// The longest line, in bytes without its line break.
pub(super) const MAX_LINE_BYTES: usize = 1 << 20;

/// The size of the read buffer, in bytes.
const BUFFER_BYTES: usize = 1 << 16;

/// UTF-8's byte order mark, which some editors write before the first line.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line's number, counted from 1, and the line without its line break.
pub(super) type NumberedLine<'a> = (u64, Result<&'a [u8], LineError>);

/// Reads lines from an input.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { reader: BufReader::with_capacity(BUFFER_BYTES, input), line: Vec::new(), number: 0 }
    }

    /// The next line; `None` after the last one.
    ///
    /// # Errors
    /// Reading the input fails.
    pub(super) fn next(&mut self) -> io::Result<Option<NumberedLine<'_>>> {
        self.line.clear();
        let limit = u64::try_from(MAX_LINE_BYTES + 1).unwrap_or(u64::MAX);
        if (&mut self.reader).take(limit).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let line = match self.line.strip_suffix(b"\n") {
            Some(line) => Ok(line),
            None if self.line.len() <= MAX_LINE_BYTES => Ok(&*self.line),
            None => {
                self.reader.skip_until(b'\n')?;
                Err(LineError::TooLong)
            }
        };
        let is_first = self.number == 1;
        Ok(Some((self.number, line.map(|line| line.strip_prefix(BYTE_ORDER_MARK).filter(|_| is_first).unwrap_or(line)))))
    }

    /// Whether reading the next line may block: the buffer holds no complete line.
    pub(super) fn may_block(&self) -> bool {
        !self.reader.buffer().contains(&b'\n')
    }
}
