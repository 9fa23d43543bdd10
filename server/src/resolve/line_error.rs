//! Why a line could not be read, in a sentence that names the key and the fix.

use app::redirects::{Explanation, UnknownFlow};

use super::{input::MOST_LINE_BYTES, line_key::LineKey};

/// The longest sentence, in characters: it may repeat a part of the line.
const MOST_CHARACTERS: usize = 600;

/// Why a line could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineError {
    /// Nothing, or blanks only.
    #[error("the line is blank; write one JSON object on each line")]
    Blank,
    /// More than [`MOST_LINE_BYTES`].
    #[error("the line is longer than {MOST_LINE_BYTES} bytes; it was skipped")]
    TooLong,
    /// The first byte that is no UTF-8, counted from 1.
    #[error("not UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// JSON's grammar is broken.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// It is JSON, but no object with these keys.
    #[error("{0}")]
    Object(String),
    /// A key's value is not what it has to be.
    #[error("{0}: {1}")]
    Value(LineKey, String),
    /// The database says it.
    #[error("{0} can't be in a line beside --instance, which takes it from the database; leave it out")]
    Stored(LineKey),
    /// It says a second time what the link says.
    #[error("{0} can't be beside link, which says it already; leave one of them out")]
    BesideLink(LineKey),
    /// Neither the line nor a flag has it.
    #[error("{0} is missing; put it into the line, or give --{0} for all lines")]
    Missing(LineKey),
    /// A name that no flow has.
    #[error("flow: {0}")]
    Flow(#[from] UnknownFlow),
    /// The instance's settings are wrong, each field in a sentence.
    #[error("{0}")]
    Instance(String),
    /// The link is no direct link of the instance.
    #[error("link: {0}")]
    Link(Explanation),
}

impl LineError {
    /// The sentence, cut where it is very long.
    pub(super) fn sentence(&self) -> String {
        let mut sentence = self.to_string();
        if let Some((end, _)) = sentence.char_indices().nth(MOST_CHARACTERS) {
            sentence.truncate(end);
            sentence.push('…');
        }
        sentence
    }
}
