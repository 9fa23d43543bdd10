//! The column of links in CSV: found by its name, or by the only link in the first row.

use std::cmp::Reverse;

use csv::{Reader, ReaderBuilder, StringRecord};

use super::list::{Collected, ListError};

/// What may stand between cells.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// What the column of links may be called; the first that is there counts.
const NAMES: [&str; 8] = ["link", "url", "links", "urls", "direct_link", "direct_links", "direct_url", "href"];

/// How many rows tell which delimiter is meant.
const SAMPLE: usize = 100;

/// The most cells of a first row that an error names, and the most characters of each.
const MOST_NAMED: (usize, usize) = (12, 40);

/// Where the links are.
#[derive(Clone, Copy, Debug)]
struct Layout {
    delimiter: u8,
    column: usize,
    /// How many cells the first row has.
    width: usize,
    /// Whether the first row names the columns.
    named: bool,
}

/// Reads the column of links. A link that its row's own delimiter has cut, because nothing quotes it, is put together again.
///
/// # Errors
/// There is no such column, or a quote is never closed.
pub(super) fn read(text: &str, list: &mut Collected) -> Result<(), ListError> {
    let layout = Layout::of(text)?;
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
    // What is left open goes on to the end, over the end of its line.
    let end = text[at..].trim_end();
    if end.contains('\n') && !end.matches('"').count().is_multiple_of(2) {
        return Err(ListError::OpenQuote(line));
    }
    Ok(())
}

impl Layout {
    /// Finds the delimiter under which the first row has a column of links and the others are like it.
    fn of(text: &str) -> Result<Self, ListError> {
        let samples = DELIMITERS.map(|delimiter| (delimiter, sample(text, delimiter)));
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

    /// The row's link; empty where it has none.
    fn link(self, row: &StringRecord) -> String {
        let filled = row.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty()).last().map_or(0, |(last, _)| last + 1);
        let cut = filled.saturating_sub(self.width);
        let cells: Vec<&str> = row.iter().skip(self.column).take(1 + cut).collect();
        cells.join(char::from(self.delimiter).encode_utf8(&mut [0; 4]))
    }
}

/// The column that the first row names as the one of links.
fn column_named(first: &StringRecord) -> Option<usize> {
    let cells: Vec<String> = first.iter().map(|cell| cell.trim().to_lowercase().replace([' ', '-'], "_")).collect();
    NAMES.iter().find_map(|name| cells.iter().position(|cell| cell == name))
}

/// The columns in which the first row has a link already.
fn links_in(first: &StringRecord) -> impl Iterator<Item = usize> {
    let is_link =
        |cell: &str| ["https://", "http://"].iter().any(|start| cell.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start)));
    first.iter().enumerate().filter(move |(_, cell)| is_link(cell.trim())).map(|(column, _)| column)
}

fn no_column(first: Option<&StringRecord>) -> ListError {
    let Some(first) = first else { return ListError::Empty };
    let (cells, characters) = MOST_NAMED;
    let named = first.iter().map(str::trim).filter(|cell| !cell.is_empty()).take(cells);
    ListError::NoColumn(named.map(|cell| cell.chars().take(characters).collect()).collect())
}

fn sample(text: &str, delimiter: u8) -> Vec<StringRecord> {
    reader(text, delimiter).into_records().map_while(Result::ok).filter(|row| !is_blank(row)).take(SAMPLE).collect()
}

fn is_blank(row: &StringRecord) -> bool {
    row.iter().all(|cell| cell.trim().is_empty())
}

/// A reader of a text never fails: there are no bytes that are no UTF-8, and rows may differ in length.
fn reader(text: &str, delimiter: u8) -> Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes())
}

/// Where a row begins: its position is before the blank lines above it.
fn start_of(text: &str, row: &StringRecord) -> usize {
    let position = row.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
    position + text[position..].bytes().take_while(|byte| *byte == b'\n').count()
}
