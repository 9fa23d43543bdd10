//! Why an input line is not valid, in a sentence that names the key and how to fix it.

use app::redirects::{Explanation, UnknownFlow};

use super::{input::MAX_LINE_BYTES, line_key::LineKey};

/// The longest sentence, in characters. A sentence may quote a part of the line.
const MAX_CHARACTERS: usize = 600;

/// Why an input line is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineError {
    /// The line is empty or all blank.
    #[error("the line is blank; write one JSON object on each line")]
    Blank,
    /// The line is longer than [`MAX_LINE_BYTES`].
    #[error("the line is longer than {MAX_LINE_BYTES} bytes; it was skipped")]
    TooLong,
    /// The line is not UTF-8. Holds the position of the first invalid byte, counted from 1.
    #[error("not UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// The line is not valid JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// The line is JSON, but not an object with these keys.
    #[error("{0}")]
    Object(String),
    /// A key has a value that is not valid.
    #[error("{0}: {1}")]
    Value(LineKey, String),
    /// The line sets what `--instance` loads from the database.
    #[error("{0} can't be combined with --instance, which loads it from the database; remove it")]
    Stored(LineKey),
    /// The line sets what its link already contains.
    #[error("{0} can't be combined with link, which already contains it; remove one of them")]
    BesideLink(LineKey),
    /// Neither the line nor a flag sets this key.
    #[error("{0} is missing; add it to the line, or set --{0} for all lines")]
    Missing(LineKey),
    /// No flow has this name.
    #[error("flow: {0}")]
    Flow(#[from] UnknownFlow),
    /// The instance's settings are not valid. Holds one sentence per field.
    #[error("{0}")]
    Instance(String),
    /// The link is not a direct link of the instance. Holds why, and the link that was probably meant.
    #[error("link: {0}")]
    Link(Explanation, Option<String>),
}

impl LineError {
    /// The link that was probably meant.
    pub(super) fn corrected_link(&self) -> Option<&str> {
        match self {
            Self::Link(_, corrected) => corrected.as_deref(),
            _ => None,
        }
    }

    /// The sentence, cut at [`MAX_CHARACTERS`].
    pub(super) fn sentence(&self) -> String {
        let mut sentence = self.to_string();
        if let Some((end, _)) = sentence.char_indices().nth(MAX_CHARACTERS) {
            sentence.truncate(end);
            sentence.push('…');
        }
        sentence
    }
}
