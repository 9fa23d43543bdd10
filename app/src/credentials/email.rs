//! Email addresses, by which accounts are found.

use std::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization;

use crate::redirects::{Invisible, trim_invisible};

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

/// Why a text is not an email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEmail {
    /// It has another form, or is too long.
    #[error("That is not an email address. It looks like ana@myapp.com.")]
    Form,
    /// It has an invisible character, so that it would look like another address.
    #[error(transparent)]
    Invisible(#[from] Invisible),
}

impl FromStr for Email {
    type Err = NotAnEmail;

    fn from_str(text: &str) -> Result<Self, NotAnEmail> {
        let text: String = trim_invisible(text).to_lowercase().nfc().collect();
        match text.split_once('@') {
            Some((name, host)) if !name.is_empty() && !host.is_empty() && !host.contains('@') => {}
            _ => return Err(NotAnEmail::Form),
        }
        if let Some(invisible) = Invisible::first(&text) {
            return Err(invisible.into());
        }
        if text.len() > MAX_BYTES || text.contains(' ') { Err(NotAnEmail::Form) } else { Ok(Self(text)) }
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
        for text in ["", "ana", "@", "ana@", "@myapp.com", "a@b@c", "a b@c", "\u{3164}@b", &long] {
            assert_eq!(text.parse::<Email>(), Err(NotAnEmail::Form), "{text:?}");
        }
    }

    #[test]
    fn an_address_that_only_looks_like_another_one_is_the_same_or_none() {
        let ana: Email = "ana@myapp.com".parse().unwrap();
        for c in ['\u{ad}', '\u{3164}', '\u{115f}', '\u{fe0f}', '\u{61c}', '\u{200b}', '\u{202e}', '\n'] {
            for text in [format!("{c}ana@myapp.com"), format!("ana@myapp.com{c}"), format!(" {c} ana@myapp.com{c}{c}")] {
                assert_eq!(text.parse().as_ref(), Ok(&ana), "{text:?}");
            }
            for text in [format!("a{c}na@myapp.com"), format!("ana{c}@myapp.com"), format!("ana@my{c}app.com")] {
                assert_eq!(text.parse::<Email>(), Err(Invisible(c).into()), "{text:?}");
            }
        }
    }
}
