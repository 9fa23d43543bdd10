//! Reads a list of links: text with one link on each line, or CSV with a column of links.

use super::column;
use crate::ui::text::Grouped;

/// The maximum number of links in one list.
pub const MAX_LINKS: usize = 10_000;

/// The maximum size of a list, in bytes. A line end counts as one byte, as in the field that the list was pasted into.
pub const MAX_LIST_BYTES: usize = 2 * 1024 * 1024;

/// A line of the list that should be a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of the line that it begins on, counted from 1.
    pub number: usize,
    /// The text, without blanks around it and without line ends.
    pub text: String,
}

/// Why a list can't be read, with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It is empty, or has only blank lines.
    #[error("There is no link in it. Put a link on each line.")]
    Empty,
    /// More than [`MAX_LIST_BYTES`].
    #[error("That is more than 2 MiB, the limit for one list. Split it, and check the parts one after the other.")]
    TooLarge,
    /// More than [`MAX_LINKS`].
    #[error("{} links are too many: {} are the limit for one list. Split it, and check the parts one after the other.", Grouped(*.0), Grouped(MAX_LINKS))]
    TooMany(usize),
    /// UTF-16, which some programs call "Unicode text".
    #[error("That is UTF-16. Save it as UTF-8 (a spreadsheet calls it “CSV UTF-8”) and choose it again.")]
    Utf16,
    /// Bytes that are not UTF-8. The number is that of the first such line.
    #[error("Line {} is not UTF-8 text. Save it as plain text or CSV in UTF-8 and choose it again.", Grouped(*.0))]
    NotUtf8(usize),
    /// CSV whose first row has no name for a column of links, and not exactly one link. These are its cells.
    #[error("No column is named link or url. The first row is: {}. Name the column of links “link”.", .0.join(", "))]
    NoColumn(Vec<String>),
    /// CSV with a quote that is not closed. The number is that of its row's first line.
    #[error("A quote in the row on line {} is never closed, so everything after it would be one cell. Close or remove the quote.", Grouped(*.0))]
    OpenQuote(usize),
}

/// Reads a list: CSV if the file's name says so, else one link on each line. Blank lines are skipped, but counted.
///
/// # Errors
/// The list is too large, not UTF-8 text, empty, or CSV without a column of links.
pub fn read(bytes: &[u8], file_name: &str) -> Result<Vec<Line>, ListError> {
    if bytes.iter().filter(|byte| **byte != b'\r').count() > MAX_LIST_BYTES {
        return Err(ListError::TooLarge);
    }
    let mut text = decode(bytes)?;
    let delimiter = take_delimiter(&mut text);
    let mut list = Collected::default();
    if is_csv(file_name) {
        column::read(&text, delimiter, &mut list)?;
    } else {
        text.split('\n').enumerate().for_each(|(at, line)| list.push(at + 1, line));
    }
    match list.count {
        0 => Err(ListError::Empty),
        count if count > MAX_LINKS => Err(ListError::TooMany(count)),
        _ => Ok(list.lines),
    }
}

/// The text that [`read`] reads as this list. Each link keeps the number of its line.
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

/// Collects the lines of a list. Lines beyond [`MAX_LINKS`] are only counted.
#[derive(Debug, Default)]
pub(super) struct Collected {
    lines: Vec<Line>,
    count: usize,
}

impl Collected {
    /// Adds a line, unless it is blank. Line ends inside a link are removed, as browsers do (WHATWG URL, section 4.4). Byte-order marks
    /// are removed too: they also appear where files were joined.
    pub(super) fn push(&mut self, number: usize, text: &str) {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if text.is_empty() {
            return;
        }
        self.count += 1;
        if self.count <= MAX_LINKS {
            self.lines.push(Line { number, text: text.replace('\n', "") });
        }
    }
}

/// Decodes a list. Line ends become `\n`, and the characters that a form would change on its way are replaced.
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

/// Empties a first line like `sep=;`, in which a spreadsheet names the delimiter, and returns the delimiter.
fn take_delimiter(text: &mut String) -> Option<u8> {
    let end = text.find('\n').unwrap_or(text.len());
    let line = text[..end].trim().trim_matches('"');
    let named = line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep="))?;
    let [delimiter] = &line.as_bytes()[named.len()..] else {
        // A tab at the end of a line was trimmed.
        let is_tab = line.len() == named.len() && text[..end].ends_with('\t');
        return is_tab.then(|| text.replace_range(..end, "")).map(|()| b'\t');
    };
    let delimiter = *delimiter;
    text.replace_range(..end, "");
    Some(delimiter)
}

fn is_csv(file_name: &str) -> bool {
    let ending = file_name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["csv", "tsv"].iter().any(|csv| ending.eq_ignore_ascii_case(csv))
}
