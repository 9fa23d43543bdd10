//! The waitlist as a file for a spreadsheet.

use time::OffsetDateTime;

use crate::ui::{spreadsheet, text::timestamp};

/// How many rows of the file are read at a time.
pub const AT_A_TIME: i64 = 1_000;

/// The beginning of the file: the names of its columns.
pub fn begin() -> Vec<u8> {
    spreadsheet::head(&["email_address", "joined_at"])
}

/// Rows of the file.
pub fn write(entries: Vec<(String, OffsetDateTime)>) -> Vec<u8> {
    spreadsheet::rows(entries.into_iter().map(|(email_address, at)| [email_address, timestamp(at)]))
}
