//! Checked links as CSV, for a spreadsheet.

use super::check::Row;

/// The names of the columns.
const COLUMNS: [&str; 6] = ["line", "link", "target", "source", "verdict", "reason"];

/// The rows as CSV (RFC 4180) in UTF-8. It begins with a byte-order mark: without one, Excel takes UTF-8 for an older encoding,
/// and a link with an umlaut in it is another link. Readers that do not know the mark find it in the first column's name, `line`.
pub fn write<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<u8> {
    let style = csv::QuoteStyle::NonNumeric;
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).quote_style(style).from_writer(b"\xEF\xBB\xBF".to_vec());
    // Writing to memory does not fail.
    let _ = csv.write_record(COLUMNS);
    for row in rows {
        let (target, source) = row.end.as_ref().map_or(("", ""), |(target, source)| (target, source.name()));
        let cells = [&row.number.to_string(), &row.link, target, source, row.verdict.name(), &row.reason];
        let _ = csv.write_record(cells.map(inert));
    }
    csv.into_inner().unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula: where one could begin, after blanks and quotes too, an apostrophe comes before
/// it, which a spreadsheet reads as "this is text" (OWASP, CSV injection).
fn inert(cell: &str) -> String {
    let start = cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '\u{feff}'));
    let formula = start.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) || cell.starts_with(['\t', '\r', '\n']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}
