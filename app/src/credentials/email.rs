//! Email addresses, by which accounts are found.

use std::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization;

use crate::redirects::is_invisible;

/// The maximum length of an address, in bytes ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3): a path's 256, less its brackets).
const MAX_BYTES: usize = 254;

/// An email address in lower case. Whether mail reaches it is not checked: people hand links over themselves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not an email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("That is not an email address. It looks like ana@myapp.com.")]
pub struct NotAnEmail;

impl FromStr for Email {
    type Err = NotAnEmail;

    fn from_str(text: &str) -> Result<Self, NotAnEmail> {
        let text: String = text.trim().to_lowercase().nfc().collect();
        match text.split_once('@') {
            Some((name, host)) if !name.is_empty() && !host.is_empty() && !host.contains('@') => {}
            _ => return Err(NotAnEmail),
        }
        if text.len() > MAX_BYTES || text.contains(|c| c == ' ' || is_invisible(c)) { Err(NotAnEmail) } else { Ok(Self(text)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_lower_case_without_blanks_around_it() {
        assert_eq!(" Ana@MyApp.com ".parse::<Email>().unwrap().as_str(), "ana@myapp.com");
        assert_eq!("jürgen@bücher.example".parse::<Email>().unwrap().local_part(), "jürgen");
    }

    #[test]
    fn a_text_that_is_not_an_address_is_rejected() {
        let long = format!("{}@myapp.com", "a".repeat(250));
        for text in
            ["", "ana", "@", "ana@", "@myapp.com", "a@b@c", "a b@c", "a@b\n", "a\u{200b}@b", "a\u{ad}@b", "\u{3164}@b", "a\0@b", &long]
        {
            // A line end around an address is a blank, and is removed.
            assert_eq!(text.parse::<Email>().is_ok(), text == "a@b\n", "{text:?}");
        }
    }
}
