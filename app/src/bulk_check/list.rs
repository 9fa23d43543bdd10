//! A list of links as it was pasted or uploaded: text with a link on each line, or CSV with a column of links.

use super::column;
use crate::ui::text::Grouped;

/// The most links that are checked at once.
pub const MOST_LINKS: usize = 10_000;

/// The largest list, in bytes. A line's end counts as one byte, as in the field that the list was pasted into.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;

/// A text that should be a link, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of the line that it begins on, counted from 1.
    pub number: usize,
    /// The text, without blanks around it and line ends in it.
    pub text: String,
}

/// Why a list can't be read, as a sentence that names the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Nothing is in it, or blank lines only.
    #[error("There is no link in it. Put a link on each line.")]
    Empty,
    /// More than [`MOST_BYTES`].
    #[error("That is more than 2 MiB, the limit for one list. Split it, and check the parts one after the other.")]
    TooLarge,
    /// More than [`MOST_LINKS`].
    #[error("{} links are too many: {} are the limit for one list. Split it, and check the parts one after the other.", Grouped(*.0), Grouped(MOST_LINKS))]
    TooMany(usize),
    /// Text of two bytes a character, as some programs save "Unicode text".
    #[error("That is UTF-16. Save it as UTF-8 (a spreadsheet calls it “CSV UTF-8”) and choose it again.")]
    Utf16,
    /// Bytes that are no text; the number is the first such line's.
    #[error("Line {} is not UTF-8 text. Save it as plain text or CSV in UTF-8 and choose it again.", Grouped(*.0))]
    NotUtf8(usize),
    /// CSV whose first row names no column of links, and has no link or several. These are its cells.
    #[error("No column is named link or url. The first row is: {}. Name the column of links “link”.", .0.join(", "))]
    NoColumn(Vec<String>),
    /// CSV with a quote that is never closed; the number is its row's first line.
    #[error("A quote in the row on line {} is never closed, so all after it would be one cell. Close it, or take it out.", Grouped(*.0))]
    OpenQuote(usize),
}

/// Reads a list: CSV where the file's name says so, else a link on each line. Blank lines are passed over, and counted.
///
/// # Errors
/// It is too large, no text, without any link, or CSV without a column of links.
pub fn read(bytes: &[u8], file_name: &str) -> Result<Vec<Line>, ListError> {
    if bytes.iter().filter(|byte| **byte != b'\r').count() > MOST_BYTES {
        return Err(ListError::TooLarge);
    }
    let text = decode(bytes)?;
    let mut list = Collected::default();
    if is_csv(file_name) {
        column::read(&text, &mut list)?;
    } else {
        text.split('\n').enumerate().for_each(|(at, line)| list.push(at + 1, line));
    }
    match list.count {
        0 => Err(ListError::Empty),
        count if count > MOST_LINKS => Err(ListError::TooMany(count)),
        _ => Ok(list.lines),
    }
}

/// Writes the text that [`read`] reads as this list, each link on the line that it had.
pub fn write(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut at = 1;
    for line in lines {
        text.extend(std::iter::repeat_n('\n', line.number.saturating_sub(at)));
        text.push_str(&line.text);
        at = line.number.max(at);
    }
    text
}

/// The links that were found. More than the most are only counted.
#[derive(Debug, Default)]
pub(super) struct Collected {
    lines: Vec<Line>,
    count: usize,
}

impl Collected {
    /// Takes a line over, if it is not blank. Browsers drop line ends inside a URL (WHATWG URL, section 4.4), so they are dropped
    /// here; byte-order marks are also where files were joined.
    pub(super) fn push(&mut self, number: usize, text: &str) {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if text.is_empty() {
            return;
        }
        self.count += 1;
        if self.count <= MOST_LINKS {
            self.lines.push(Line { number, text: text.replace('\n', "") });
        }
    }
}

/// The text, with the line ends and without the characters that a form on a page would change on its way.
fn decode(bytes: &[u8]) -> Result<String, ListError> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(ListError::Utf16);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let lines = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n');
        ListError::NotUtf8(lines.count())
    })?;
    Ok(text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "\u{fffd}"))
}

fn is_csv(file_name: &str) -> bool {
    let ending = file_name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["csv", "tsv"].iter().any(|csv| ending.eq_ignore_ascii_case(csv))
}
