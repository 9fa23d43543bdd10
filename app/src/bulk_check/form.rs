//! What is posted to be checked: a pasted list, or a file.

use super::list::{self, Line, ListError};

/// A posted list, read.
#[derive(Clone, Debug)]
pub struct LinksForm {
    /// What was pasted, as text to show again.
    pub pasted: String,
    /// The name of the chosen file. Where there is one, it is what counts.
    pub file: Option<String>,
    /// The list, or why there is none.
    pub list: Result<Vec<Line>, ListError>,
}

impl LinksForm {
    /// Reads what was pasted, or the chosen file by its name and content.
    pub fn read(pasted: &[u8], file: Option<(String, &[u8])>) -> Self {
        let list = match &file {
            Some((name, content)) => list::read(content, name),
            None => list::read(pasted, ""),
        };
        Self { pasted: String::from_utf8_lossy(pasted).into_owned(), file: file.map(|(name, _)| name), list }
    }

    /// A list that was not read to its end, since it is much too large.
    pub fn too_large(pasted: &[u8], file: Option<String>) -> Self {
        Self { pasted: String::from_utf8_lossy(pasted).into_owned(), file, list: Err(ListError::TooLarge) }
    }

    /// The field that the list came from.
    pub fn field(&self) -> &'static str {
        if self.file.is_some() { "file" } else { "links" }
    }
}
