//! Tests of the bulk check: how lists are read, how links are checked, and how the results are exported.

mod check;
mod column;
mod export;
mod list;
mod selection;

use super::list::{Line, ListError, read};

/// Lines with their numbers.
type Found = Vec<(usize, String)>;

/// The lines that are read from a list.
fn found(content: impl AsRef<[u8]>, file_name: &str) -> Result<Found, ListError> {
    let lines = read(content.as_ref(), file_name)?;
    Ok(lines.into_iter().map(|Line { number, text }| (number, text)).collect())
}

/// The expected lines.
fn lines(expected: &[(usize, &str)]) -> Found {
    expected.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
}
