//! Names of people and organizations: any characters except invisible ones.

use crate::redirects::{Invisible, trim_invisible};

/// The most characters of a name.
const MAX_CHARS: usize = 100;

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAName {
    /// It is too long.
    #[error("Use at most 100 characters.")]
    TooLong,
    /// It has an invisible character.
    #[error(transparent)]
    Invisible(#[from] Invisible),
}

/// Reads a name and trims it. It is empty if nothing was typed.
pub(super) fn parse(text: &str) -> Result<String, NotAName> {
    let name = trim_invisible(text);
    if name.chars().count() > MAX_CHARS {
        return Err(NotAName::TooLong);
    }
    Invisible::first(name).map_or_else(|| Ok(name.to_owned()), |invisible| Err(invisible.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_any_visible_characters_and_is_trimmed() {
        let long = "ü".repeat(100);
        for (text, name) in [
            ("", ""),
            (" \n ", ""),
            ("\u{3164}", ""),
            ("\u{200b} Ana María \u{fe0f}", "Ana María"),
            ("李小龍", "李小龍"),
            ("O'Neil <b>", "O'Neil <b>"),
            (&long, &long),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(name));
        }
    }

    #[test]
    fn a_text_that_is_too_long_or_has_invisible_characters_is_not_a_name() {
        for text in ["x".repeat(101), "x".repeat(10_000)] {
            assert_eq!(parse(&text), Err(NotAName::TooLong), "{text:?}");
        }
        for c in ['\0', '\n', '\u{202e}', '\u{61c}', '\u{200b}', '\u{ad}', '\u{3164}'] {
            assert_eq!(parse(&format!("a{c}b")), Err(Invisible(c).into()));
        }
    }
}
