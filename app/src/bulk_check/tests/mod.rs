//! Tests of lists: how they are read, what is found of each link, and how that is written.

mod check;
mod column;
mod export;
mod list;

use super::list::{Line, ListError, read};

/// Lines, each with its number.
type Found = Vec<(usize, String)>;

/// The lines that were found.
fn found(content: impl AsRef<[u8]>, file_name: &str) -> Result<Found, ListError> {
    let lines = read(content.as_ref(), file_name)?;
    Ok(lines.into_iter().map(|Line { number, text }| (number, text)).collect())
}

/// Lines as they are expected.
fn lines(expected: &[(usize, &str)]) -> Found {
    expected.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
}
