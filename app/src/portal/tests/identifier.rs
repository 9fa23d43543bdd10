//! Reading email addresses, phone numbers and usernames.

use proptest::prelude::*;

use crate::portal::identifier::{Identifier, NotAPhoneNumber, NotAUsername, NotAnIdentifier, PhoneNumber, Username};
use crate::{credentials::email::NotAnEmail, redirects::Invisible};

fn kind(text: &str) -> Result<(char, String), NotAnIdentifier> {
    Identifier::parse(text).map(|identifier| {
        let kind = match &identifier {
            Identifier::Email(_) => 'e',
            Identifier::PhoneNumber(_) => 'p',
            Identifier::Username(_) => 'u',
        };
        (kind, identifier.as_str().to_owned())
    })
}

#[test]
fn one_field_takes_all_three_kinds_and_tells_them_apart() {
    for (text, expected, stored) in [
        (" Ana@MyApp.com ", 'e', "ana@myapp.com"),
        ("+1@myapp.com", 'e', "+1@myapp.com"),
        ("+1 (415) 555-0123", 'p', "+14155550123"),
        ("(+49) 171.123.45.67", 'p', "+491711234567"),
        ("\u{202a}+49\u{a0}171\u{2011}1234\u{202c}", 'p', "+491711234"),
        ("\u{feff}+49\u{ad}171\u{2060}1234\u{61c}", 'p', "+491711234"),
        ("＋４９１７１", 'p', "+49171"),
        ("+39 06 1234 5678", 'p', "+390612345678"),
        ("Nick", 'u', "nick"),
        (" ＮＩＣＫ_1.2-3 ", 'u', "nick_1.2-3"),
        ("℡-1", 'u', "tel-1"),
        ("007a", 'u', "007a"),
    ] {
        assert_eq!(kind(text), Ok((expected, stored.to_owned())), "{text}");
    }
}

#[test]
fn an_invalid_identifier_gets_the_error_of_its_kind() {
    use NotAPhoneNumber::{Character, Length, NoCountry, TrunkZero};
    for text in ["", "  ", "\n\u{a0}"] {
        assert_eq!(kind(text), Err(NotAnIdentifier::Empty), "{text:?}");
    }
    for text in ["@", "a@b@c", "ana@", &format!("{}@myapp.com", "a".repeat(10_000))] {
        assert_eq!(kind(text), Err(NotAnEmail::Form.into()), "{text:?}");
    }
    assert_eq!(kind("a\0@myapp.com"), Err(NotAnEmail::Invisible(Invisible('\0')).into()));
    for (text, wrong) in [
        ("0171 1234567", NoCountry),
        ("0049 171 1234567", NoCountry),
        ("+0171 1234567", NoCountry),
        ("-.()", NoCountry),
        ("+", Length),
        ("+49 0170 1234567", TrunkZero("49")),
        ("+49 (0)170 1234567", TrunkZero("49")),
        ("+44 07700 900123", TrunkZero("44")),
        ("+123", Length),
        ("+1234567890123456", Length),
        ("+49 171 CALL-ME", Character),
        ("+49+171", Character),
        ("+49\u{0}171", Character),
        ("+٤٩١٧١", Character),
    ] {
        assert_eq!(kind(text), Err(wrong.into()), "{text:?}");
    }
    for text in ["ab", &"a".repeat(65), &"ü".repeat(10_000), "a b c", "müller", "<script>", "'; --", "аna"] {
        assert_eq!(kind(text), Err(NotAUsername::Character.into()), "{text:?}");
    }
    for (text, c) in [("a\0na", '\0'), ("a\u{202e}bc", '\u{202e}'), ("a\u{ad}bc", '\u{ad}')] {
        assert_eq!(kind(text), Err(NotAUsername::Invisible(Invisible(c)).into()), "{text:?}");
    }
}

#[test]
fn no_username_can_be_taken_for_something_else() {
    for (text, wrong) in [
        ("ana@myapp.com", NotAUsername::Email),
        ("ana＠myapp.com", NotAUsername::Email),
        ("123456", NotAUsername::PhoneNumber),
        ("415-555.0123", NotAUsername::PhoneNumber),
        ("...", NotAUsername::PhoneNumber),
        ("+4917112345", NotAUsername::Character),
    ] {
        assert_eq!(text.parse::<Username>(), Err(wrong), "{text:?}");
    }
}

#[test]
fn debug_output_shows_no_identifier() {
    for text in ["ana@myapp.com", "+491711234", "nick"] {
        let identifier = Identifier::parse(text).unwrap();
        assert_eq!(format!("{identifier:?}"), "Identifier");
    }
    assert_eq!(format!("{:?} {:?}", "+491711234".parse::<PhoneNumber>(), "nick".parse::<Username>()), "Ok(PhoneNumber) Ok(Username)");
}

fn typed() -> impl Strategy<Value = String> {
    prop_oneof![".*", "[+＋0-9 ().-]{0,24}", "[a-zA-Z0-9_.-]{0,70}", "\\PC*@\\PC*", "\\s*[a-zA-ZÀ-ž℡ⅷＡ-Ｚ+@.-]{2,9}\\s*"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    // The constraints are those of the table `visitors`.
    #[test]
    fn a_parsed_identifier_meets_the_tables_constraints_and_parses_to_itself(text in typed()) {
        let Ok((is, stored)) = kind(&text) else { return Ok(()) };
        prop_assert_eq!(kind(&stored), Ok((is, stored.clone())));
        match is {
            'e' => prop_assert!(stored.chars().count() <= 254 && stored.contains('@') && !stored.contains('\0')),
            'p' => {
                let digits = stored.strip_prefix('+').unwrap_or_default();
                prop_assert!((4..=15).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit()));
            }
            _ => prop_assert!(
                (3..=64).contains(&stored.len())
                    && stored.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"_.-".contains(&c))
            ),
        }
    }
}
