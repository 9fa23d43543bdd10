//! An email address, as accounts are found by it.

use std::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization;

use crate::redirects::is_invisible;

/// The longest address, in bytes ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3): a path's 256, less its brackets).
const MOST_BYTES: usize = 254;

/// An email address in lower case. That mail reaches it is not checked: links are handed over by people.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn name(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no email address.
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
        if text.len() > MOST_BYTES || text.contains(|c| c == ' ' || is_invisible(c)) { Err(NotAnEmail) } else { Ok(Self(text)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case_without_blanks_around_it() {
        assert_eq!(" Ana@MyApp.com ".parse::<Email>().unwrap().as_str(), "ana@myapp.com");
        assert_eq!("jürgen@bücher.example".parse::<Email>().unwrap().name(), "jürgen");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@myapp.com", "a".repeat(250));
        for text in
            ["", "ana", "@", "ana@", "@myapp.com", "a@b@c", "a b@c", "a@b\n", "a\u{200b}@b", "a\u{ad}@b", "\u{3164}@b", "a\0@b", &long]
        {
            // A line end around it is a blank; in it, it is not.
            assert_eq!(text.parse::<Email>().is_ok(), text == "a@b\n", "{text:?}");
        }
    }
}
