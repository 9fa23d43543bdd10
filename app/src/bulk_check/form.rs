//! The form of the bulk check: a pasted list of links, or a file.

use super::list::{self, Line, ListError};

/// A posted list of links.
#[derive(Clone, Debug)]
pub struct BulkCheckForm {
    /// The pasted text, to show it again.
    pub pasted: String,
    /// The name of the chosen file. If there is one, the file is checked and not the pasted text.
    pub file: Option<String>,
    /// The lines of the list, or why it can't be read.
    pub list: Result<Vec<Line>, ListError>,
}

impl BulkCheckForm {
    /// Reads the pasted text, or the chosen file with its name and content.
    pub fn read(pasted: &[u8], file: Option<(String, &[u8])>) -> Self {
        let list = match &file {
            Some((name, content)) => list::read(content, name),
            None => list::read(pasted, ""),
        };
        Self { pasted: String::from_utf8_lossy(pasted).into_owned(), file: file.map(|(name, _)| name), list }
    }

    /// Reads a list that was checked before: its results carry it, with the name of its file and what was pasted beside that file.
    pub fn read_again(list: &[u8], file: String, pasted: &[u8]) -> Self {
        Self { pasted: String::from_utf8_lossy(pasted).into_owned(), file: Some(file), list: list::read(list, "") }
    }

    /// A list that is too large to be read to its end.
    pub fn too_large(pasted: &[u8], file: Option<String>) -> Self {
        Self { pasted: String::from_utf8_lossy(pasted).into_owned(), file, list: Err(ListError::TooLarge) }
    }

    /// The name of the field that the list came from.
    pub fn field(&self) -> &'static str {
        if self.file.is_some() { "file" } else { "links" }
    }
}
