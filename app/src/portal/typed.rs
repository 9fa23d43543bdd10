//! What a visitor has typed on the sign-in or sign-up page, kept for the other one. The link between the pages carries it as prefill.

use super::{form::SignUpForm, identifier::Identifier};
use crate::{credentials::password::MIN_CHARS, redirects::Prefill};

/// The prefill of the sign-up page, after `identifier` was typed over the prefill of the sign-in page. A text that may be a password in the
/// wrong field is left out: the link would show it.
pub fn on_sign_in(prefill: Prefill, identifier: &str) -> Prefill {
    let typed = identifier.trim();
    if shown_on_sign_in(&prefill) == typed {
        return prefill;
    }
    let value = Some(typed.to_owned());
    let others = Prefill { email_address: None, phone_number: None, username: None, ..prefill.clone() };
    match Identifier::parse_to_sign_in(typed) {
        Ok(Identifier::Email(_)) => Prefill { email_address: value, ..others },
        Ok(Identifier::PhoneNumber(_)) => Prefill { phone_number: value, ..others },
        Ok(Identifier::Username(_)) if typed.chars().count() < MIN_CHARS => Prefill { username: value, ..others },
        _ => prefill,
    }
}

/// The prefill of the sign-in page, after the sign-up form was filled in.
pub fn on_sign_up(form: &SignUpForm) -> Prefill {
    let typed = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Prefill {
        email_address: typed(&form.email_address),
        phone_number: typed(&form.phone_number),
        username: typed(&form.username),
        first_name: typed(&form.first_name),
        last_name: typed(&form.last_name),
    }
}

/// What the field of the sign-in page starts with.
pub fn shown_on_sign_in(prefill: &Prefill) -> &str {
    [&prefill.email_address, &prefill.phone_number, &prefill.username].into_iter().flatten().next().map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefill(email: &str, phone: &str, username: &str) -> Prefill {
        let typed = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Prefill {
            email_address: typed(email),
            phone_number: typed(phone),
            username: typed(username),
            first_name: typed("Ana"),
            last_name: None,
        }
    }

    #[test]
    fn an_identifier_is_kept_as_what_it_is() {
        let before = prefill("old@myapp.com", "+491", "old");
        for (text, expected) in [
            (" ana@myapp.com ", prefill("ana@myapp.com", "", "")),
            ("+49 170 1234567", prefill("", "+49 170 1234567", "")),
            ("nick", prefill("", "", "nick")),
            ("old@myapp.com", before.clone()),
            ("", before.clone()),
            // No identifier, or perhaps a password.
            ("three ducks on a pond", before.clone()),
            ("correcthorsebattery", before.clone()),
        ] {
            assert_eq!(on_sign_in(before.clone(), text), expected, "{text}");
            assert!(text.trim().is_empty() || expected == before || shown_on_sign_in(&expected) == text.trim());
        }
    }

    #[test]
    fn the_sign_up_form_is_kept_without_its_password() {
        let form = SignUpForm {
            email_address: " ana@myapp.com".into(),
            first_name: "Ana".into(),
            username: " ".into(),
            password: "three ducks on a pond".into(),
            ..SignUpForm::default()
        };
        assert_eq!(on_sign_up(&form), prefill("ana@myapp.com", "", ""));
    }
}
