//! Numbers and other people's texts, as a screen, a file and a terminal write them.

use std::fmt::{self, Write};

use leptos::prelude::*;
use time::{OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

use crate::redirects::is_invisible;

/// A number with a comma at every thousand.
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

/// A text of somebody else's: what moves the cursor, hides or turns around is written as an escape.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a>(pub &'a str);

impl fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '"' | '\'' | '\\' => f.write_char(c),
            c if is_invisible(c) && !c.is_control() => c.escape_unicode().try_for_each(|c| f.write_char(c)),
            c => c.escape_debug().try_for_each(|c| f.write_char(c)),
        })
    }
}

/// A text inside `<title>`, where Leptos 0.8 writes what it is given as it is.
pub(crate) fn in_title(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A moment, to the minute, as people read it.
const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]");

/// A moment as ISO 8601 has it, to the second.
const SECOND: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// A moment in UTC, to the second: `2026-11-23T18:45:07Z`.
pub fn timestamp(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).format(SECOND).unwrap_or_default()
}

/// A moment, for a screen: to the minute, in UTC, since the server does not know where its reader is.
pub fn moment(at: OffsetDateTime) -> impl IntoView {
    let shown = at.to_offset(UtcOffset::UTC).format(MINUTE).unwrap_or_default();
    view! { <time datetime=timestamp(at)>{shown}" UTC"</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let numbers = [0, 7, 999, 1000, 10_000, 1_234_567];
        assert_eq!(numbers.map(|number| Grouped(number).to_string()), ["0", "7", "999", "1,000", "10,000", "1,234,567"]);
    }

    #[test]
    fn a_text_of_somebody_else_is_seen_whole() {
        assert_eq!(Seen("https://münchen.de/\"x\" \\ 'y'").to_string(), "https://münchen.de/\"x\" \\ 'y'");
        assert_eq!(Seen("\u{1b}[2J\r\n\t\u{7f}\u{9b}").to_string(), r"\u{1b}[2J\r\n\t\u{7f}\u{9b}");
        assert_eq!(Seen("a\u{ad}b\u{3164}\u{115f}").to_string(), r"a\u{ad}b\u{3164}\u{115f}");
        assert_eq!(Seen("\u{200b}\u{202e}\u{2028}\u{feff}\u{a0}").to_string(), r"\u{200b}\u{202e}\u{2028}\u{feff}\u{a0}");
    }
}
