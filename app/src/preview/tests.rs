//! The form of the Preview tab, and the highlights of URLs.

use super::{
    form::PreviewForm,
    highlight::{Highlight, HighlightKind, highlights, in_unicode},
};
use crate::{
    fixtures::{self, fallbacks, my_app},
    redirects::{Flow, Instance, LinkAdvice, NotALink},
};

fn instance() -> Instance {
    fixtures::instance(&my_app())
}

/// Highlights as one text: `[Kind text|note]`, with plain parts as they are.
fn written(value: &str, host: Option<&str>) -> String {
    as_text(highlights(value, host))
}

fn as_text(highlights: Vec<Highlight>) -> String {
    let part = |Highlight { kind, text, note }: Highlight| match (kind, note) {
        (HighlightKind::Plain, None) => text,
        (kind, None) => format!("[{kind:?} {text}]"),
        (kind, Some(note)) => format!("[{kind:?} {text}|{note}]"),
    };
    highlights.into_iter().map(part).collect()
}

#[test]
fn a_written_form_reads_as_the_same_form() {
    let query = "flow=sign-up&redirect_url=%2Fa%26b&sign_up_force_redirect_url=%2Fx&phone_number=%2B49+30&requesting_page=http%3A%2F%2Fa.b\
                 &after_sign_in_url=";
    let form = PreviewForm::read(query);
    assert_eq!(form.flow(), Flow::SignUp);
    assert_eq!(form.value("redirect_url"), "/a&b");
    assert_eq!(form.value("phone_number"), "+49 30");
    assert_eq!(form.unsaved, [(Flow::SignIn, String::new())]);
    assert_eq!(form.write(), query);
}

#[test]
fn unknown_parameters_of_a_query_are_ignored() {
    let form = PreviewForm::read("flow=nonsense&x=y&redirect_url=&after_sign_in_url=/a&after_sign_in_url=/b&%ff");
    assert_eq!(form.flow(), Flow::SignIn);
    assert_eq!(form.write(), "flow=sign-in&after_sign_in_url=%2Fa");
}

#[test]
fn a_pasted_link_fills_the_form_once() {
    let link = "https://accounts.myapp.com/waitlist?redirect_url=/a&email_address=a%40b&sign_in_force_redirect_url=&x=y";
    let mut form = PreviewForm { link: link.to_owned(), ..PreviewForm::read("flow=sign-up&username=nick") };
    assert_eq!(form.take_link(&instance(), None).map(|advice| advice.notes), Ok(vec!["Ignored: x.".to_owned()]));
    assert_eq!(form.write(), "flow=waitlist&redirect_url=%2Fa&email_address=a%40b");
    form.params.set("redirect_url", "/typed");
    assert_eq!(form.take_link(&instance(), None).map(|advice| advice.notes), Ok(vec!["Ignored: x.".to_owned()]));
    assert_eq!(form.value("redirect_url"), "/typed");
    // A link that is removed and pasted again fills the form again.
    form.link.clear();
    assert_eq!(form.take_link(&instance(), None), Ok(LinkAdvice::default()));
    form.link = link.to_owned();
    assert!(form.has_new_link());
    form.take_link(&instance(), None).unwrap();
    assert_eq!(form.value("redirect_url"), "/a");
}

#[test]
fn prefill_from_a_link_is_not_cut() {
    let long = "x".repeat(400);
    let link = format!("https://accounts.myapp.com/sign-up?username=a&username={long}&first_name=");
    let mut form = PreviewForm { link, ..PreviewForm::default() };
    form.take_link(&instance(), None).unwrap();
    assert_eq!(form.write(), format!("flow=sign-up&username={long}"));
}

#[test]
fn a_link_to_another_host_changes_nothing_and_stays() {
    let mut form = PreviewForm::read("link=https%3A%2F%2Fevil.com%2Fsign-up&redirect_url=%2Fa");
    assert!(matches!(form.take_link(&instance(), None), Err(NotALink::Elsewhere(..))));
    assert_eq!((form.flow(), form.value("redirect_url"), form.link.as_str()), (Flow::SignIn, "/a", "https://evil.com/sign-up"));
    assert_eq!(PreviewForm::read(&form.write()), form);
}

#[test]
fn the_generated_link_is_percent_encoded_and_reads_back() {
    let mut form = PreviewForm::read("flow=sign-in");
    form.params.set("redirect_url", "https://myapp.com/a b?c=d&e=ü#f+g");
    form.params.set("phone_number", "+49 30");
    let link = form.direct_link(&instance()).unwrap();
    assert_eq!(
        link,
        "https://accounts.myapp.com/sign-in?redirect_url=https%3A%2F%2Fmyapp.com%2Fa+b%3Fc%3Dd%26e%3D%C3%BC%23f%2Bg&phone_number=%2B49+30"
    );
    let mut read = PreviewForm { link, ..PreviewForm::default() };
    assert_eq!(read.take_link(&instance(), None), Ok(LinkAdvice::default()));
    assert_eq!(read.params, form.params);
    assert_eq!(PreviewForm::read("flow=waitlist").direct_link(&instance()).unwrap(), "https://accounts.myapp.com/waitlist");
    assert_eq!(PreviewForm::read("flow=logo").direct_link(&instance()), None);
}

#[test]
fn unsaved_values_that_equal_the_stored_ones_are_left_out() {
    let stored = fallbacks(&[(Flow::SignIn, "/in"), (Flow::SignOut, "/out")]);
    let mut form = PreviewForm::read("after_sign_in_url=/in&after_sign_out_url=&after_join_waitlist_url=/w&logo_link_url=+");
    form.keep_changes(&stored);
    assert_eq!(form.unsaved, [(Flow::SignOut, String::new()), (Flow::Waitlist, "/w".to_owned())]);
    assert_eq!(form.flow(), Flow::SignOut);
    let unsaved = form.with_unsaved(&instance(), &stored).unwrap();
    assert_eq!((unsaved.get(Flow::SignIn), unsaved.get(Flow::SignOut), unsaved.get(Flow::Waitlist)), (Some("/in"), None, Some("/w")));
    assert_eq!(PreviewForm::default().with_unsaved(&instance(), &stored), None);
    // Values that can't be saved would change nothing.
    assert_eq!(PreviewForm::read("after_sign_in_url=https://evil.com&after_sign_out_url=x").with_unsaved(&instance(), &stored), None);
}

#[test]
fn the_real_host_is_highlighted() {
    for (value, host, expected) in [
        ("https://myapp.com@evil.com/dash", Some("evil.com"), "https://[Deceptive myapp.com@][Host evil.com]/dash"),
        ("https://a:b@c@evil.com:8443?x", Some("evil.com"), "https://[Deceptive a:b@c@][Host evil.com:8443]?x"),
        ("\\\\evil.com\\@myapp.com", Some("evil.com"), "[Deceptive \\\\][Host evil.com][Deceptive \\]@myapp.com"),
        (" HTTPS:////Evil.COM#@myapp.com", Some("evil.com"), " HTTPS:////[Host Evil.COM]#@myapp.com"),
        ("https://[::1]:3000/", Some("[::1]"), "https://[Host [::1]:3000]/"),
        ("/dashboard@x", Some("myapp.com"), "/dashboard@x"),
        ("javascript:alert(1)", None, "javascript:alert(1)"),
        ("", None, ""),
    ] {
        assert_eq!(written(value, host), expected, "{value}");
    }
}

#[test]
fn a_long_user_name_does_not_hide_the_real_host() {
    let user = format!("myapp.com{}@", "a".repeat(1_500));
    assert_eq!(written(&format!("https://{user}evil.com"), Some("evil.com")), format!("https://[Deceptive {user}][Host evil.com]"));
}

#[test]
fn nothing_is_highlighted_if_the_host_is_not_certain() {
    assert_eq!(written("https://myapp.com/", Some("evil.com")), "https://myapp.com/");
    assert_eq!(written("///evil.com", None), "///evil.com");
}

#[test]
fn invisible_and_look_alike_characters_are_named() {
    assert_eq!(
        written("https://b\u{430}nk.com/\u{fc}", Some("xn--bnk-6cd.com")),
        "https://[Host b][LookAlike \u{430}|U+0430 CYRILLIC SMALL LETTER A][Host nk.com]/\u{fc}"
    );
    assert_eq!(written("https://ev\til.com", Some("evil.com")), "https://[Host ev][Invisible |U+0009 TAB][Host il.com]");
    assert_eq!(written("a\u{200b}b", None), "a[Invisible |U+200B ZERO WIDTH SPACE]b");
    assert_eq!(written("a\u{ad}\u{3164}", None), "a[Invisible |U+00AD SOFT HYPHEN][Invisible |U+3164 HANGUL FILLER]");
    assert_eq!(written("\u{202e}\0", None), "[Invisible |U+202E RIGHT-TO-LEFT OVERRIDE][Invisible |U+0000]");
}

#[test]
fn a_host_in_punycode_is_shown_in_unicode() {
    let read = in_unicode("xn--bnk-6cd.com").map(as_text);
    assert_eq!(
        read.as_deref(),
        Some("[Host b][LookAlike \u{430}|U+0430 CYRILLIC SMALL LETTER A][Host n][Host k][Host .][Host c][Host o][Host m]")
    );
    assert_eq!(in_unicode("myapp.com"), None);
    assert_eq!(in_unicode("[::1]"), None);
}

#[test]
fn a_long_value_is_cut_and_says_so() {
    let value = "ü".repeat(500_000);
    let highlights = highlights(&value, None);
    assert_eq!(highlights.last().unwrap().note.as_deref(), Some("and 995904 more bytes"));
    assert!(highlights.iter().map(|highlight| highlight.text.len()).sum::<usize>() < 4_200);
    assert_eq!(written(&"\u{200b}".repeat(9), None).matches("ZERO WIDTH").count(), 8);
}
