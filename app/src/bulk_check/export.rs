//! Exports checked links as CSV.

use super::check::CheckedLink;
use crate::ui::spreadsheet;

/// The checked links as CSV, with a header row.
pub fn write<'a>(links: impl IntoIterator<Item = &'a CheckedLink>) -> Vec<u8> {
    let mut file = spreadsheet::head(&["line", "link", "target", "source", "verdict", "reason", "note", "corrected_link"]);
    file.extend(spreadsheet::rows(links.into_iter().map(|checked| {
        let (target, source) = checked.target.as_ref().map_or(("", ""), |(target, source)| (target, source.name()));
        let corrected = checked.corrected.as_deref().unwrap_or_default();
        [&checked.line.to_string(), &checked.link, target, source, checked.outcome.name(), &checked.reason, &checked.note, corrected]
            .map(str::to_owned)
    })));
    file
}
