//! Names of people and organizations, as they are kept: any letters there are, none that hide.

use crate::redirects::is_invisible;

/// The most characters of a name.
const MOST_CHARS: usize = 100;

/// A text that is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Use at most 100 characters, and no invisible ones.")]
pub(super) struct NotAName;

/// A name without blanks around it; empty where nothing was typed.
pub(super) fn parse(text: &str) -> Result<String, NotAName> {
    let name = text.trim();
    if name.chars().count() > MOST_CHARS || name.contains(is_invisible) { Err(NotAName) } else { Ok(name.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_any_letters_there_are_and_no_blanks_around_it() {
        let long = "ü".repeat(100);
        for (text, kept) in
            [("", ""), (" \n ", ""), ("  Ana María ", "Ana María"), ("李小龍", "李小龍"), ("O'Neil <b>", "O'Neil <b>"), (&long, &long)]
        {
            assert_eq!(parse(text).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn what_is_too_long_or_hides_is_no_name() {
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
