//! Checked links as CSV, for a spreadsheet.

use super::check::Row;
use crate::ui::spreadsheet;

/// The rows as CSV, with the names of their columns.
pub fn write<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<u8> {
    let mut file = spreadsheet::head(&["line", "link", "target", "source", "verdict", "reason"]);
    file.extend(spreadsheet::rows(rows.into_iter().map(|row| {
        let (target, source) = row.end.as_ref().map_or(("", ""), |(target, source)| (target, source.name()));
        [&row.number.to_string(), &row.link, target, source, row.verdict.name(), &row.reason].map(str::to_owned)
    })));
    file
}
