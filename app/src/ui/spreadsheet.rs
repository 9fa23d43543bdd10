//! Files for a spreadsheet: CSV (RFC 4180) in UTF-8, in which no cell is taken for a formula.

use std::borrow::Cow;

/// The beginning of a file: a byte-order mark, and the names of the columns. Without the mark, Excel takes UTF-8 for an older
/// encoding, and a link with an umlaut in it is another link. Readers that do not know it find it in the first column's name.
pub(crate) fn head(columns: &[&str]) -> Vec<u8> {
    write(b"\xEF\xBB\xBF".to_vec(), std::iter::once(columns))
}

/// Rows of a file that [`head`] has begun.
pub(crate) fn rows<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> Vec<u8> {
    write(Vec::new(), rows)
}

fn write<Cells: IntoIterator<Item: AsRef<str>>>(file: Vec<u8>, rows: impl IntoIterator<Item = Cells>) -> Vec<u8> {
    let style = csv::QuoteStyle::NonNumeric;
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).quote_style(style).flexible(true).from_writer(file);
    for row in rows {
        // Writing to memory does not fail.
        let _ = csv.write_record(row.into_iter().map(|cell| inert(cell.as_ref()).into_owned()));
    }
    csv.into_inner().unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula: where one could begin, after blanks and quotes too, an apostrophe comes before
/// it, which a spreadsheet reads as "this is text" (OWASP, CSV injection).
fn inert(cell: &str) -> Cow<'_, str> {
    let start = cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '\u{feff}'));
    let formula = start.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) || cell.starts_with(['\t', '\r', '\n']);
    if formula { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}
