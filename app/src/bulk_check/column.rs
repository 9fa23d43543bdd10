//! Finds the column of links in CSV, by its name or by the only link in the first row.

use std::cmp::Reverse;

use csv::{Reader, ReaderBuilder, StringRecord};

use super::list::{Collected, ListError};
use crate::redirects::is_absolute;

/// The characters that may separate cells.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// The names that the column of links may have. The first of them that is there counts.
const NAMES: [&str; 8] = ["link", "url", "links", "urls", "direct_link", "direct_links", "direct_url", "href"];

/// How many rows are read to find out the delimiter.
const SAMPLE_ROWS: usize = 100;

/// The maximum number of cells of the first row that an error names.
const MAX_NAMED_CELLS: usize = 12;

/// The maximum number of characters of each cell that an error names.
const MAX_NAMED_CHARS: usize = 40;

/// Where the links of a CSV file are.
#[derive(Clone, Copy, Debug)]
struct CsvLayout {
    delimiter: u8,
    column: usize,
    /// How many cells the first row has.
    width: usize,
    /// Whether the first row names the columns.
    named: bool,
}

/// Reads the column of links. A link that contains the delimiter and is not quoted is put together again. `delimiter` is the one that the
/// file names itself; without one it is found out.
///
/// # Errors
/// There is no such column, or a quote is not closed.
pub(super) fn read(text: &str, delimiter: Option<u8>, list: &mut Collected) -> Result<(), ListError> {
    let layout = CsvLayout::of(text, delimiter)?;
    let mut reader = reader(text, layout.delimiter);
    let mut row = StringRecord::new();
    let (mut line, mut at) = (1, 0);
    let mut names = layout.named;
    while reader.read_record(&mut row).unwrap_or_default() {
        let start = start_of(text, &row);
        line += text[at..start].matches('\n').count();
        at = start;
        if names && !is_blank(&row) {
            names = false;
        } else {
            list.push(line, &layout.link(&row));
        }
    }
    // An open quote swallows everything to the end of the text, over the end of its line.
    let end = text[at..].trim_end();
    if end.contains('\n') && !end.matches('"').count().is_multiple_of(2) {
        return Err(ListError::OpenQuote(line));
    }
    Ok(())
}

impl CsvLayout {
    /// Finds the delimiter that gives the first row a column of links, and the other rows the same number of cells.
    fn of(text: &str, delimiter: Option<u8>) -> Result<Self, ListError> {
        let delimiters = delimiter.map_or(DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
        let samples: Vec<_> = delimiters.into_iter().map(|delimiter| (delimiter, sample(text, delimiter))).collect();
        let several = samples.iter().filter_map(|(_, rows)| rows.first()).any(|first| links_in(first).count() > 1);
        let found = samples.iter().filter_map(|(delimiter, rows)| {
            let first = rows.first()?;
            let name = column_named(first);
            let column = name.or_else(|| links_in(first).next().filter(|_| !several))?;
            let other = rows.iter().filter(|row| row.len() != first.len()).count();
            let layout = Self { delimiter: *delimiter, column, width: first.len(), named: name.is_some() };
            Some(((other, Reverse(first.len())), layout))
        });
        match found.min_by_key(|(order, _)| *order) {
            Some((_, layout)) => Ok(layout),
            None => Err(no_column(samples.iter().filter_map(|(_, rows)| rows.first()).max_by_key(|row| row.len()))),
        }
    }

    /// The row's link; empty if it has none.
    fn link(self, row: &StringRecord) -> String {
        let filled = row.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty()).last().map_or(0, |(last, _)| last + 1);
        let cut = filled.saturating_sub(self.width);
        let cells: Vec<&str> = row.iter().skip(self.column).take(1 + cut).collect();
        cells.join(char::from(self.delimiter).encode_utf8(&mut [0; 4]))
    }
}

/// The column that has one of the names for links.
fn column_named(first: &StringRecord) -> Option<usize> {
    let cells: Vec<String> = first.iter().map(|cell| cell.trim().to_lowercase().replace([' ', '-'], "_")).collect();
    NAMES.iter().find_map(|name| cells.iter().position(|cell| cell == name))
}

/// The columns that hold a link in the first row.
fn links_in(first: &StringRecord) -> impl Iterator<Item = usize> {
    first.iter().enumerate().filter(|(_, cell)| is_absolute(cell.trim())).map(|(column, _)| column)
}

fn no_column(first: Option<&StringRecord>) -> ListError {
    let Some(first) = first else { return ListError::Empty };
    let named = first.iter().map(str::trim).filter(|cell| !cell.is_empty()).take(MAX_NAMED_CELLS);
    ListError::NoColumn(named.map(|cell| cell.chars().take(MAX_NAMED_CHARS).collect()).collect())
}

fn sample(text: &str, delimiter: u8) -> Vec<StringRecord> {
    reader(text, delimiter).into_records().map_while(Result::ok).filter(|row| !is_blank(row)).take(SAMPLE_ROWS).collect()
}

fn is_blank(row: &StringRecord) -> bool {
    row.iter().all(|cell| cell.trim().is_empty())
}

/// A reader that never fails: a `str` is valid UTF-8, and rows may differ in length.
fn reader(text: &str, delimiter: u8) -> Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes())
}

/// Where a row begins in the text. The row's own position is before the blank lines above it.
fn start_of(text: &str, row: &StringRecord) -> usize {
    let position = row.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
    position + text[position..].bytes().take_while(|byte| *byte == b'\n').count()
}
