//! Names of people and organizations: any characters except invisible ones.

use crate::redirects::is_invisible;

/// The most characters of a name.
const MAX_CHARS: usize = 100;

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Use at most 100 characters, and no invisible ones.")]
pub(super) struct NotAName;

/// Reads a name and trims it. It is empty if nothing was typed.
pub(super) fn parse(text: &str) -> Result<String, NotAName> {
    let name = text.trim();
    if name.chars().count() > MAX_CHARS || name.contains(is_invisible) { Err(NotAName) } else { Ok(name.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_any_visible_characters_and_is_trimmed() {
        let long = "ü".repeat(100);
        for (text, name) in
            [("", ""), (" \n ", ""), ("  Ana María ", "Ana María"), ("李小龍", "李小龍"), ("O'Neil <b>", "O'Neil <b>"), (&long, &long)]
        {
            assert_eq!(parse(text).as_deref(), Ok(name));
        }
    }

    #[test]
    fn a_text_that_is_too_long_or_has_invisible_characters_is_not_a_name() {
        for text in [
            "x".repeat(101),
            "x".repeat(10_000),
            "a\0b".into(),
            "a\nb".into(),
            "a\u{202e}b".into(),
            "\u{61c}a".into(),
            "a\u{200b}".into(),
            "a\u{ad}b".into(),
            "\u{3164}".into(),
        ] {
            assert_eq!(parse(&text), Err(NotAName), "{text:?}");
        }
    }
}
