//! Identifiers: an email address, a phone number or a username, each in its canonical form. No text can be two of them, so one field
//! is enough to sign in.

use std::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization;

use super::trunk_zero;
use crate::{
    admins::{Email, NotAnEmail},
    redirects::{Invisible, is_invisible, trim_invisible},
};

/// A phone number as [E.164](https://www.itu.int/rec/T-REC-E.164) writes it: `+`, then digits only.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// Why a text is not a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPhoneNumber {
    /// It does not begin with `+` and a country code. `00` is the international prefix of some countries only, so it is not read as `+`.
    #[error("Begin with + and the country code, like +1 415 555 0123.")]
    NoCountry,
    /// It has other characters than digits.
    #[error("Use only digits after the +, like +1 415 555 0123.")]
    Character,
    /// It has the 0 that is dialled only inside the country. Holds the country code.
    #[error("Leave out the 0 after +{0}. It is dialled only inside the country.")]
    TrunkZero(&'static str),
    /// It has fewer or more digits than any phone number.
    #[error("A phone number has 4 to 15 digits after the +, like +1 415 555 0123.")]
    Length,
}

/// A username: 3 to 64 characters out of `a` to `z`, digits, `_`, `.` and `-`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

/// Why a text is not a username.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAUsername {
    /// It could be an email address.
    #[error("A username can't contain @. There is a separate field for an email address.")]
    Email,
    /// It has other characters, or too few or too many.
    #[error("Use 3 to 64 characters: the letters a to z, digits, _, . and -.")]
    Character,
    /// It could be a phone number.
    #[error("That could be a phone number. Add a letter.")]
    PhoneNumber,
    /// It has an invisible character.
    #[error(transparent)]
    Invisible(#[from] Invisible),
}

/// What a visitor signs in with.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Identifier {
    /// An email address.
    Email(Email),
    /// A phone number.
    PhoneNumber(PhoneNumber),
    /// A username.
    Username(Username),
}

/// Why a text can't be an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnIdentifier {
    /// Nothing was typed.
    #[error("Enter your email address, phone number or username.")]
    Empty,
    /// It has an `@`.
    #[error(transparent)]
    Email(#[from] NotAnEmail),
    /// It begins with `+` or has only digits.
    #[error(transparent)]
    PhoneNumber(#[from] NotAPhoneNumber),
    /// It is neither of these.
    #[error(transparent)]
    Username(#[from] NotAUsername),
}

/// What people and address books write between digits, and invisible characters. A control character is not there by accident.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}') || (is_invisible(c) && !c.is_control())
}

fn looks_like_a_phone_number(text: &str) -> bool {
    let mut rest = text.nfkc().filter(|c| !is_separator(*c)).peekable();
    rest.peek() == Some(&'+') || rest.all(|c| c.is_ascii_digit())
}

impl FromStr for PhoneNumber {
    type Err = NotAPhoneNumber;

    fn from_str(text: &str) -> Result<Self, NotAPhoneNumber> {
        let number = Self::parse_with_trunk_zero(text)?;
        trunk_zero::calling_code(&number.0[1..]).map_or(Ok(number), |code| Err(NotAPhoneNumber::TrunkZero(code)))
    }
}

impl PhoneNumber {
    /// Reads a number that may have its trunk zero.
    fn parse_with_trunk_zero(text: &str) -> Result<Self, NotAPhoneNumber> {
        let number: String = text.nfkc().filter(|c| !is_separator(*c)).collect();
        let digits = number.strip_prefix('+').ok_or(NotAPhoneNumber::NoCountry)?;
        if !digits.chars().all(|c| c.is_ascii_digit()) {
            Err(NotAPhoneNumber::Character)
        } else if digits.starts_with('0') {
            Err(NotAPhoneNumber::NoCountry)
        } else if !(4..=15).contains(&digits.len()) {
            Err(NotAPhoneNumber::Length)
        } else {
            Ok(Self(number))
        }
    }
}

impl FromStr for Username {
    type Err = NotAUsername;

    fn from_str(text: &str) -> Result<Self, NotAUsername> {
        // Some characters have an upper case only after normalisation, so lower case comes last.
        let text = trim_invisible(text);
        if let Some(invisible) = Invisible::first(text) {
            return Err(invisible.into());
        }
        let name = text.nfkc().collect::<String>().to_lowercase();
        if name.contains('@') {
            Err(NotAUsername::Email)
        } else if !(3..=64).contains(&name.len()) || !name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '.' | '-')) {
            Err(NotAUsername::Character)
        } else if looks_like_a_phone_number(&name) {
            Err(NotAUsername::PhoneNumber)
        } else {
            Ok(Self(name))
        }
    }
}

impl FromStr for Identifier {
    type Err = NotAnIdentifier;

    fn from_str(text: &str) -> Result<Self, NotAnIdentifier> {
        if trim_invisible(text).is_empty() {
            Err(NotAnIdentifier::Empty)
        } else if text.contains('@') {
            Ok(Self::Email(text.parse()?))
        } else if looks_like_a_phone_number(text) {
            Ok(Self::PhoneNumber(text.parse()?))
        } else {
            Ok(Self::Username(text.parse()?))
        }
    }
}

impl Identifier {
    /// Reads what a visitor has typed.
    ///
    /// # Errors
    /// What is wrong with the text. It does not depend on who has an account.
    pub fn parse(text: &str) -> Result<Self, NotAnIdentifier> {
        text.parse()
    }

    /// Reads what a visitor has typed to sign in. An account may have a number with its trunk zero, from before such numbers were
    /// refused.
    ///
    /// # Errors
    /// What is wrong with the text. It does not depend on who has an account.
    pub fn parse_to_sign_in(text: &str) -> Result<Self, NotAnIdentifier> {
        match text.parse() {
            Err(NotAnIdentifier::PhoneNumber(NotAPhoneNumber::TrunkZero(_))) => {
                Ok(Self::PhoneNumber(PhoneNumber::parse_with_trunk_zero(text)?))
            }
            parsed => parsed,
        }
    }

    /// The canonical form, which also tells the kind.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(email) => email.as_str(),
            Self::PhoneNumber(number) => number.as_str(),
            Self::Username(name) => name.as_str(),
        }
    }
}

impl PhoneNumber {
    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Username {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Leaves out the identifier, for logs.
impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identifier")
    }
}

/// Leaves out the identifier, for logs.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber")
    }
}

/// Leaves out the identifier, for logs.
impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Username")
    }
}
