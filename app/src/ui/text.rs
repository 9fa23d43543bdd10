//! How numbers, times and other people's texts are written on screens, in files and in a terminal.

use std::fmt::{self, Write};

use leptos::prelude::*;
use time::{OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

use crate::redirects::is_invisible;

/// A number with commas between thousands.
#[derive(Clone, Copy, Debug)]
pub struct Grouped<N>(pub N);

impl<N: fmt::Display> fmt::Display for Grouped<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        digits.char_indices().try_for_each(|(at, digit)| {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_char(',')?;
            }
            f.write_char(digit)
        })
    }
}

/// A number with what it counts: `1 link`, `2,000 links`.
pub fn counted<N: fmt::Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let noun = if count == N::from(1) { one } else { many };
    format!("{} {noun}", Grouped(count))
}

/// A time in hours, in words: `1 hour`, `24 hours`, `7 days`.
pub fn in_hours(hours: i32) -> String {
    if hours > 24 && hours % 24 == 0 { counted(i64::from(hours / 24), "day", "days") } else { counted(i64::from(hours), "hour", "hours") }
}

/// Texts as a list in a sentence: `a, b and c`.
pub fn listed(texts: &[impl AsRef<str>]) -> String {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    match &texts[..] {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        texts => texts.concat(),
    }
}

/// A text from somebody else. Characters that are invisible, move the cursor or change the direction are written as escapes.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '"' | '\'' | '\\' => f.write_char(c),
            c if is_invisible(c) && !c.is_control() => c.escape_unicode().try_for_each(|c| f.write_char(c)),
            c => c.escape_debug().try_for_each(|c| f.write_char(c)),
        })
    }
}

/// A text from somebody else, for a screen. Characters that nobody sees are named: `⟨U+200B⟩`.
#[derive(Clone, Copy, Debug)]
pub struct SpelledOut<'a>(pub &'a str);

impl fmt::Display for SpelledOut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| if is_invisible(c) { write!(f, "⟨U+{:04X}⟩", u32::from(c)) } else { f.write_char(c) })
    }
}

/// The title of a page outside the dashboard. As a child, the text would be followed by a comment, which is text in a title.
pub fn page_title(text: &str) -> impl IntoView + use<> {
    view! { <title inner_html=escape_for_title(text)></title> }
}

/// Escapes a text for `<title>`: neither `inner_html` nor the `Title` of `leptos_meta` does.
pub(crate) fn escape_for_title(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A time to the minute, as people read it.
const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]");

/// A time to the second, in ISO 8601.
const SECOND: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// A time in UTC, to the second: `2026-11-23T18:45:07Z`.
pub fn timestamp(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).format(SECOND).unwrap_or_default()
}

/// A time for a screen, to the minute. It is in UTC until [`super::local_times`] writes it in the reader's time zone.
pub fn moment(at: OffsetDateTime) -> impl IntoView {
    let shown = at.to_offset(UtcOffset::UTC).format(MINUTE).unwrap_or_default();
    view! { <time datetime=timestamp(at)>{shown}" UTC"</time> }
}

/// A text cut at `limit` characters, with invisible characters as escapes, and how much is missing.
pub fn shortened(text: &str, limit: usize) -> String {
    let cut = text.char_indices().nth(limit).map_or(text.len(), |(at, _)| at);
    let shown = Escaped(&text[..cut]).to_string();
    if cut < text.len() { format!("{shown}… and {} more bytes", Grouped(text.len() - cut)) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_said_in_the_unit_that_people_use() {
        assert_eq!([1, 2, 24, 36, 48, 168].map(in_hours), ["1 hour", "2 hours", "24 hours", "36 hours", "2 days", "7 days"]);
    }

    #[test]
    fn a_long_text_says_how_much_is_cut() {
        assert_eq!(shortened("a\u{200b}b", 3), "a\\u{200b}b");
        assert_eq!(shortened("äöü", 2), "äö… and 2 more bytes");
    }

    #[test]
    fn a_title_is_its_text_alone() {
        assert_eq!(page_title("Sign in · </title>&amp;").to_html(), "<title>Sign in · &lt;/title>&amp;amp;</title>");
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        let numbers = [0, 7, 999, 1000, 10_000, 1_234_567];
        assert_eq!(numbers.map(|number| Grouped(number).to_string()), ["0", "7", "999", "1,000", "10,000", "1,234,567"]);
    }

    #[test]
    fn invisible_characters_are_spelled_out() {
        assert_eq!(SpelledOut("/für \u{202e}x\u{200b}\t").to_string(), "/für ⟨U+202E⟩x⟨U+200B⟩⟨U+0009⟩");
    }

    #[test]
    fn invisible_characters_are_written_as_escapes() {
        assert_eq!(Escaped("https://münchen.de/\"x\" \\ 'y'").to_string(), "https://münchen.de/\"x\" \\ 'y'");
        assert_eq!(Escaped("\u{1b}[2J\r\n\t\u{7f}\u{9b}").to_string(), r"\u{1b}[2J\r\n\t\u{7f}\u{9b}");
        assert_eq!(Escaped("a\u{ad}b\u{3164}\u{115f}").to_string(), r"a\u{ad}b\u{3164}\u{115f}");
        assert_eq!(Escaped("\u{200b}\u{202e}\u{2028}\u{feff}\u{a0}").to_string(), r"\u{200b}\u{202e}\u{2028}\u{feff}\u{a0}");
    }
}
