//! The parameters of a link: how they are read from a query and written to one, and which ones a page's form starts with.

use proptest::{option, prelude::*};

use super::*;
use crate::redirects::{LinkParams, Prefill};

#[test]
fn every_redirect_parameter_is_read_into_its_own_place() {
    let link = LinkParams::read(
        "redirect_url=a&sign_in_force_redirect_url=b&sign_in_fallback_redirect_url=c\
         &sign_up_force_redirect_url=d&sign_up_fallback_redirect_url=e",
    );
    assert_eq!(link.redirect_url.as_deref(), Some("a"));
    for flow in Flow::ALL {
        let (force, fallback) = match flow {
            Flow::SignIn => (Some("b"), Some("c")),
            Flow::SignUp => (Some("d"), Some("e")),
            _ => (None, None),
        };
        assert_eq!(link.force_redirect_url(flow), force, "{flow}");
        assert_eq!(link.fallback_redirect_url(flow), fallback, "{flow}");
    }
}

#[test]
fn a_value_is_decoded_once() {
    for (query, value) in [
        ("redirect_url=https%3A%2F%2Fmyapp.com%2F%3Fa%3D1%26b%3D2", "https://myapp.com/?a=1&b=2"),
        ("redirect_url=https://myapp.com/?a=1&b=2", "https://myapp.com/?a=1"),
        ("redirect_url=%252Fx", "%2Fx"),
        ("redirect_url=a+b%2Bc", "a b+c"),
        ("redirect_url=%zz%", "%zz%"),
        ("redirect_url=%ff", "\u{fffd}"),
        ("redirect%5furl=/x", "/x"),
        ("redirect_url", ""),
    ] {
        assert_eq!(LinkParams::read(query).redirect_url.as_deref(), Some(value), "{query}");
    }
}

#[test]
fn other_names_are_not_read() {
    for query in
        ["", "&&", "redirectUrl=/x", "REDIRECT_URL=/x", "redirect_url[]=/x", "%20redirect_url=/x", "?redirect_url=/x", "email=a@b.c"]
    {
        assert_eq!(LinkParams::read(query), LinkParams::default(), "{query}");
    }
}

#[test]
fn of_a_repeated_redirect_the_first_one_counts_and_of_repeated_prefill_the_last() {
    let link = LinkParams::read("redirect_url=a&username=a&redirect_url=b&username=b&first_name=a&first_name=");
    assert_eq!(link.redirect_url.as_deref(), Some("a"));
    assert_eq!(link.prefill, Prefill { username: Some("b".into()), ..Prefill::default() });
}

#[test]
fn prefill_is_decoded_like_any_query() {
    let prefill = LinkParams::read("email_address=nick%2Btest@myapp.com&phone_number=%2B15551234567&first_name=Ana+Mar%C3%ADa").prefill;
    assert_eq!(prefill.email_address, Some("nick+test@myapp.com".into()));
    assert_eq!(prefill.phone_number, Some("+15551234567".into()));
    assert_eq!(prefill.first_name, Some("Ana María".into()));
    // A plus that was not encoded is a space. It stays one, and Preview warns about it.
    assert_eq!(LinkParams::read("phone_number=+15551234567").prefill.phone_number, Some(" 15551234567".into()));
}

#[test]
fn prefill_is_cut_at_320_characters_and_loses_control_characters() {
    for (value, kept) in [
        ("é".repeat(320), "é".repeat(320)),
        ("é".repeat(321), "é".repeat(320)),
        (format!("%00{}%0A", "a".repeat(320)), "a".repeat(320)),
        ("ni%0Dck%7F%C2%85".to_owned(), "nick".to_owned()),
    ] {
        assert_eq!(LinkParams::read(&format!("username={value}")).prefill.username, Some(kept), "{value}");
    }
    for value in ["", "+", "%00", "%20%0A"] {
        assert_eq!(LinkParams::read(&format!("username={value}")).prefill.username, None, "{value}");
    }
}

#[test]
fn prefill_is_not_validated() {
    for value in ["not-an-address", "<script>alert(1)</script>", " blanks around "] {
        let query =
            LinkParams { prefill: Prefill { email_address: Some(value.into()), ..Prefill::default() }, ..LinkParams::default() }.write();
        assert_eq!(LinkParams::read(&query).prefill.email_address, Some(value.into()));
    }
}

#[test]
fn each_page_reads_only_its_own_prefill() {
    let prefill = LinkParams::read("email_address=a&phone_number=b&username=c&first_name=d&last_name=e").prefill;
    for flow in Flow::ALL {
        let names: &[&str] = match flow {
            Flow::SignIn => &["email_address", "phone_number", "username"],
            Flow::SignUp => &["email_address", "phone_number", "username", "first_name", "last_name"],
            Flow::Waitlist => &["email_address"],
            _ => &[],
        };
        let read = prefill.clone().for_flow(flow);
        let expected = prefill.fields().map(|(name, value)| (name, value.filter(|_| names.contains(&name))));
        assert_eq!(read.fields(), expected, "{flow}");
    }
}

#[test]
fn a_link_is_written_with_every_parameter_encoded() {
    let link = LinkParams {
        redirect_url: Some("https://myapp.com/?a=1&b=ü#x".into()),
        sign_in_force: Some("/a b".into()),
        prefill: Prefill { phone_number: Some("+15551234567".into()), ..Prefill::default() },
        ..LinkParams::default()
    };
    assert_eq!(
        link.write(),
        "redirect_url=https%3A%2F%2Fmyapp.com%2F%3Fa%3D1%26b%3D%C3%BC%23x&sign_in_force_redirect_url=%2Fa+b&phone_number=%2B15551234567"
    );
    assert_eq!(LinkParams::default().write(), "");
}

/// The parameters that a page could have: any text as a redirect, and prefill as reading leaves it.
fn any_link() -> impl Strategy<Value = LinkParams<'static>> {
    let redirect = || option::of(any::<String>().prop_map(Into::into));
    let prefill = || option::of("\\PC{0,40}[^\\pC\\s]\\PC{0,40}");
    let redirects = (redirect(), redirect(), redirect(), redirect(), redirect());
    (redirects, (prefill(), prefill(), prefill(), prefill(), prefill())).prop_map(|(redirects, prefill)| {
        let (redirect_url, sign_in_force, sign_in_fallback, sign_up_force, sign_up_fallback) = redirects;
        let (email_address, phone_number, username, first_name, last_name) = prefill;
        let prefill = Prefill { email_address, phone_number, username, first_name, last_name };
        LinkParams { redirect_url, sign_in_force, sign_in_fallback, sign_up_force, sign_up_fallback, prefill }
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_as_the_same_link(link in any_link()) {
        let written = link.write();
        prop_assert_eq!(LinkParams::read(&written), link);
    }

    #[test]
    fn what_was_read_survives_writing_and_reading_again(
        query in "((redirect_url|username|sign_in_force_redirect_url|x)=(\\PC|%[0-9a-fA-F]{2}|[&+]){0,9}&?){0,9}",
    ) {
        let link = LinkParams::read(&query);
        let written = link.write();
        prop_assert_eq!(LinkParams::read(&written), link);
    }
}
