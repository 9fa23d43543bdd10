//! Which characters a reader cannot see. The whole product asks here: names, addresses, origins, fallbacks and Preview.

use icu_properties::{
    CodePointSetData,
    props::{BidiControl, DefaultIgnorableCodePoint},
};

/// Whether a reader cannot see `c`: control characters, every blank but the ordinary space, and what Unicode's properties
/// `Default_Ignorable_Code_Point` and `Bidi_Control` name (UAX #44), which includes joiners, fillers and variation selectors.
pub fn is_invisible(c: char) -> bool {
    // Every printable character of ASCII is visible, or the ordinary space.
    !matches!(c, ' '..='~')
        && (c.is_control()
            || c.is_whitespace()
            || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
            || CodePointSetData::new::<BidiControl>().contains(c)
            // Blank by their looks, not by their properties: the Braille pattern without dots, and the marks of annotations.
            || matches!(c, '\u{2800}' | '\u{fff9}'..='\u{fffb}'))
}

/// The text without the invisible characters and blanks around it. A control character stays: it is not there by accident.
pub fn trim_invisible(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || (is_invisible(c) && !c.is_control()))
}

/// The error for a value with an invisible character in it. It says which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("It contains an invisible character, U+{:04X}. Remove it.", u32::from(*.0))]
pub struct Invisible(pub char);

impl Invisible {
    /// The first invisible character of `text`, if it has one.
    pub fn first(text: &str) -> Option<Self> {
        text.chars().find(|c| is_invisible(*c)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_invisible() {
        for c in [
            '\0',
            '\t',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{9f}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180b}',
            '\u{180e}',
            '\u{2003}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{202a}',
            '\u{202e}',
            '\u{202f}',
            '\u{2060}',
            '\u{2061}',
            '\u{2066}',
            '\u{2069}',
            '\u{206f}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{1bca0}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e007f}',
            '\u{e0100}',
        ] {
            assert!(is_invisible(c), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn letters_marks_symbols_and_the_space_are_not() {
        let ascii = ' '..='~';
        for c in ascii.chain(['ü', 'ß', '雨', 'и', 'ي', 'अ', '\u{308}', '\u{600}', '℡', '🙂', '\u{fffd}', '\u{e000}']) {
            assert!(!is_invisible(c), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn what_nobody_sees_around_a_text_is_taken_off() {
        assert_eq!(trim_invisible("\u{feff} \u{202e}/hello\u{200b}you \u{200b}\u{2060}\n"), "/hello\u{200b}you");
        assert_eq!(trim_invisible("\u{200b} \u{3164}"), "");
    }

    #[test]
    fn the_first_one_is_named() {
        assert_eq!(Invisible::first("MyApp ü 雨"), None);
        let invisible = Invisible::first("a\u{ad}b\u{200b}").unwrap();
        assert_eq!(invisible.to_string(), "It contains an invisible character, U+00AD. Remove it.");
    }
}
