//! Reads what visitors enter about themselves into what may be stored. All errors of a form are returned together.

use crate::{
    credentials::{
        email::Email,
        password::{HashError, Password, WeakPassword},
    },
    portal::{
        form::{NamesForm, SignUpForm},
        identifier::{Identifier, PhoneNumber, Username},
        identity::{IdentityError, Visitor},
        name,
    },
    ui::form::FieldError,
};

/// The identifiers of an account: at least one of these.
#[derive(Default)]
pub(in crate::portal) struct Identifiers {
    pub(in crate::portal) email_address: Option<Email>,
    pub(in crate::portal) phone_number: Option<PhoneNumber>,
    pub(in crate::portal) username: Option<Username>,
}

/// A visitor's names; both may be empty.
#[derive(Clone, Default)]
pub(in crate::portal) struct Names {
    pub(in crate::portal) first: String,
    pub(in crate::portal) last: String,
}

impl From<Identifier> for Identifiers {
    fn from(identifier: Identifier) -> Self {
        match identifier {
            Identifier::Email(email) => Self { email_address: Some(email), ..Self::default() },
            Identifier::PhoneNumber(number) => Self { phone_number: Some(number), ..Self::default() },
            Identifier::Username(name) => Self { username: Some(name), ..Self::default() },
        }
    }
}

impl Identifiers {
    /// The email address, as stored.
    pub(in crate::portal) fn email_address(&self) -> Option<&str> {
        self.email_address.as_ref().map(Email::as_str)
    }

    /// The phone number, as stored.
    pub(in crate::portal) fn phone_number(&self) -> Option<&str> {
        self.phone_number.as_ref().map(PhoneNumber::as_str)
    }

    /// The username, as stored.
    pub(in crate::portal) fn username(&self) -> Option<&str> {
        self.username.as_ref().map(Username::as_str)
    }

    fn is_empty(&self) -> bool {
        self.email_address.is_none() && self.phone_number.is_none() && self.username.is_none()
    }
}

/// Reads the sign-up form. The password is checked and stays in the form. Where an email address is confirmed first, it is required.
///
/// # Errors
/// Every field that is wrong, or the server is stopping.
pub(super) async fn read_sign_up(form: &SignUpForm, requires_email: bool) -> Result<(Identifiers, Names), IdentityError> {
    let mut errors = Vec::new();
    let identifiers = Identifiers {
        email_address: read("email_address", &form.email_address, &mut errors),
        phone_number: read("phone_number", &form.phone_number, &mut errors),
        username: read("username", &form.username, &mut errors),
    };
    if requires_email && form.email_address.trim().is_empty() {
        errors.push(FieldError::new("email_address", "Enter your email address. You get a mail with a code to confirm it."));
    } else if identifiers.is_empty() && errors.is_empty() {
        let message = "Enter an email address, a phone number or a username. One of them is enough; you sign in with it.";
        errors.push(FieldError::new("email_address", message));
    }
    let names = read_names(&form.first_name, &form.last_name, &mut errors);
    let (email, phone) = (identifiers.email_address(), identifiers.phone_number());
    let known = [email, phone, identifiers.username(), Some(&names.first), Some(&names.last)];
    if let Err(weak) = check(&form.password, known).await? {
        errors.push(FieldError::new("password", weak));
    }
    if errors.is_empty() { Ok((identifiers, names)) } else { Err(IdentityError::Fields(errors)) }
}

/// Reads the form that changes a visitor's names.
///
/// # Errors
/// Every field that is wrong.
pub(super) fn read_rename(form: &NamesForm) -> Result<Names, IdentityError> {
    let mut errors = Vec::new();
    let names = read_names(&form.first_name, &form.last_name, &mut errors);
    if errors.is_empty() { Ok(names) } else { Err(IdentityError::Fields(errors)) }
}

/// Checks a visitor's new password.
///
/// # Errors
/// The server is stopping. The inner error is what is wrong with it.
pub(super) async fn check_new_password(password: &Password, visitor: &Visitor) -> Result<Result<(), WeakPassword>, HashError> {
    let Visitor { email_address, phone_number, username, first_name, last_name, .. } = visitor;
    check(password, [email_address.as_deref(), phone_number.as_deref(), username.as_deref(), Some(first_name), Some(last_name)]).await
}

/// Checks a password, also against what is known about the visitor: guessers try that first.
pub(super) async fn check(
    password: &Password,
    [email, phone, username, first, last]: [Option<&str>; 5],
) -> Result<Result<(), WeakPassword>, HashError> {
    let name = email.and_then(|email| email.split('@').next());
    let digits = phone.map(|phone| phone.trim_start_matches('+'));
    password.check_against(&[email, name, digits, username, first, last].map(Option::unwrap_or_default)).await
}

fn read_names(first: &str, last: &str, errors: &mut Vec<FieldError>) -> Names {
    let mut read = |field, text: &str| name::parse(text).map_err(|error| errors.push(FieldError::new(field, error))).unwrap_or_default();
    Names { first: read("first_name", first), last: read("last_name", last) }
}

/// The value of a field; `None` if it is blank, or wrong and added to `errors`.
fn read<T: std::str::FromStr<Err: std::fmt::Display>>(field: &str, text: &str, errors: &mut Vec<FieldError>) -> Option<T> {
    if text.trim().is_empty() {
        return None;
    }
    text.parse().map_err(|error| errors.push(FieldError::new(field, error))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the 10,000 most common passwords, those that are long enough. The others are refused as too short.
    const COMMON: &str = "123qweasdzxc 1qaz2wsx3edc q1w2e3r4t5y6 1q2w3e4r5t6y mailcreated5240 qazwsxedcrfv 123456qwerty qwerty123456 \
        polniypizdec0211 sojdlg123aljg leavemealone 123456654321 gfhjkmgfhjkm qazwsxedc123 ghjcnjgfhjkm sonyericsson zxcasdqwe123 \
        ghhh47hj7649 123456789qwe 1qazxsw23edc qwerasdfzxcv qweasdzxc123 flvbybcnhfnjh 123456789987654321 112233445566 finalfantasy \
        ghbdtnrfrltkf websolutions chickenwing101 1qaz2wsx3edc4rfv justinbieber contortionist newproject2004 needforspeed businessbabe \
        123456789123 maurolarastefy domainlock2005 momsanaladventure dkflbvbhjdbx hd764nw5d7e1vb1 qazwsxedcrfvtgb dkflbvbhjdyf \
        counterstrike zaq1xsw2cde3 vfvfvskfhfve ghjcnjghjcnj fkmnthyfnbdf 123456789abc admin18533362 23176djivanfros 123456789qwerty";

    #[tokio::test]
    async fn a_common_password_is_refused_for_visitors_as_for_admins() {
        for word in COMMON.split_whitespace().chain(["123456", "password", "letmein"]) {
            let form = SignUpForm { username: "ana".into(), password: Password::from(word), ..SignUpForm::default() };
            let Err(IdentityError::Fields(errors)) = read_sign_up(&form, false).await else { panic!("{word} was accepted") };
            assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["password"], "{word}");
            assert!(Password::from(word).check(None).await.unwrap().is_err(), "{word}");
        }
    }
}
