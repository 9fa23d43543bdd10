//! The Preview tab's form, and how the parts of a URL are told apart.

use super::{
    form::PreviewForm,
    highlight::{Kind, Mark, in_unicode, marks},
};
use crate::redirects::{Environment, Fallbacks, Flow, Instance, NotALink, Settings};

fn instance() -> Instance {
    let environment = Environment::Production;
    let settings = Settings { slug: "my-app".into(), name: "MyApp".into(), environment, domain: "myapp.com".into(), ..Settings::default() };
    Instance::parse(&settings, 12).unwrap()
}

fn stored(values: &[(Flow, &str)]) -> Fallbacks {
    values.iter().map(|(flow, value)| (*flow, (*value).to_owned())).collect()
}

/// Marks as one text: `[Kind text|name]`, plain parts as they are.
fn written(value: &str, host: Option<&str>) -> String {
    as_text(marks(value, host))
}

fn as_text(marks: Vec<Mark>) -> String {
    let part = |Mark { kind, text, said }: Mark| match (kind, said) {
        (Kind::Plain, None) => text,
        (kind, None) => format!("[{kind:?} {text}]"),
        (kind, Some(said)) => format!("[{kind:?} {text}|{said}]"),
    };
    marks.into_iter().map(part).collect()
}

#[test]
fn a_forms_query_reads_as_the_same_form() {
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
fn what_is_unknown_in_a_query_changes_nothing() {
    let form = PreviewForm::read("flow=nonsense&x=y&redirect_url=&after_sign_in_url=/a&after_sign_in_url=/b&%ff");
    assert_eq!(form.flow(), Flow::SignIn);
    assert_eq!(form.write(), "flow=sign-in&after_sign_in_url=%2Fa");
}

#[test]
fn a_pasted_link_fills_the_form_once() {
    let link = "https://accounts.myapp.com/waitlist?redirect_url=/a&email_address=a%40b&sign_in_force_redirect_url=&x=y";
    let mut form = PreviewForm { link: link.to_owned(), ..PreviewForm::read("flow=sign-up&username=nick") };
    assert_eq!(form.take_link(&instance()).map(|oddities| oddities.len()), Ok(1));
    assert_eq!(form.write(), "flow=waitlist&redirect_url=%2Fa&email_address=a%40b");
    form.says.set("redirect_url", "/typed");
    assert_eq!(form.take_link(&instance()).map(|oddities| oddities.len()), Ok(1));
    assert_eq!(form.value("redirect_url"), "/typed");
    // Taken away and pasted again, it fills the form again.
    form.link.clear();
    assert_eq!(form.take_link(&instance()), Ok(vec![]));
    form.link = link.to_owned();
    assert!(form.has_new_link());
    form.take_link(&instance()).unwrap();
    assert_eq!(form.value("redirect_url"), "/a");
}

#[test]
fn prefill_from_a_link_is_not_cut() {
    let long = "x".repeat(400);
    let link = format!("https://accounts.myapp.com/sign-up?username=a&username={long}&first_name=");
    let mut form = PreviewForm { link, ..PreviewForm::default() };
    form.take_link(&instance()).unwrap();
    assert_eq!(form.write(), format!("flow=sign-up&username={long}"));
}

#[test]
fn a_link_to_another_host_changes_nothing_and_stays() {
    let mut form = PreviewForm::read("link=https%3A%2F%2Fevil.com%2Fsign-up&redirect_url=%2Fa");
    assert!(matches!(form.take_link(&instance()), Err(NotALink::Elsewhere(_))));
    assert_eq!((form.flow(), form.value("redirect_url"), form.link.as_str()), (Flow::SignIn, "/a", "https://evil.com/sign-up"));
    assert_eq!(PreviewForm::read(&form.write()), form);
}

#[test]
fn the_finished_link_is_percent_encoded_and_reads_back() {
    let mut form = PreviewForm::read("flow=sign-in");
    form.says.set("redirect_url", "https://myapp.com/a b?c=d&e=ü#f+g");
    form.says.set("phone_number", "+49 30");
    let link = form.direct_link(&instance()).unwrap();
    assert_eq!(
        link,
        "https://accounts.myapp.com/sign-in?redirect_url=https%3A%2F%2Fmyapp.com%2Fa+b%3Fc%3Dd%26e%3D%C3%BC%23f%2Bg&phone_number=%2B49+30"
    );
    let mut read = PreviewForm { link, ..PreviewForm::default() };
    assert_eq!(read.take_link(&instance()), Ok(vec![]));
    assert_eq!(read.says, form.says);
    assert_eq!(PreviewForm::read("flow=waitlist").direct_link(&instance()).unwrap(), "https://accounts.myapp.com/waitlist");
    assert_eq!(PreviewForm::read("flow=logo").direct_link(&instance()), None);
}

#[test]
fn unsaved_values_that_are_stored_already_are_left_out() {
    let stored = stored(&[(Flow::SignIn, "/in"), (Flow::SignOut, "/out")]);
    let mut form = PreviewForm::read("after_sign_in_url=/in&after_sign_out_url=&after_join_waitlist_url=/w&logo_link_url=+");
    form.keep_changes(&stored);
    assert_eq!(form.unsaved, [(Flow::SignOut, String::new()), (Flow::Waitlist, "/w".to_owned())]);
    assert_eq!(form.flow(), Flow::SignOut);
    let unsaved = form.with_unsaved(&instance(), &stored).unwrap();
    assert_eq!((unsaved.get(Flow::SignIn), unsaved.get(Flow::SignOut), unsaved.get(Flow::Waitlist)), (Some("/in"), None, Some("/w")));
    assert_eq!(PreviewForm::default().with_unsaved(&instance(), &stored), None);
    // What can't be saved would change nothing.
    assert_eq!(PreviewForm::read("after_sign_in_url=https://evil.com&after_sign_out_url=x").with_unsaved(&instance(), &stored), None);
}

#[test]
fn the_real_host_is_set_off() {
    for (value, host, expected) in [
        ("https://myapp.com@evil.com/dash", Some("evil.com"), "https://[Deceiving myapp.com@][Host evil.com]/dash"),
        ("https://a:b@c@evil.com:8443?x", Some("evil.com"), "https://[Deceiving a:b@c@][Host evil.com:8443]?x"),
        ("\\\\evil.com\\@myapp.com", Some("evil.com"), "[Deceiving \\\\][Host evil.com][Deceiving \\]@myapp.com"),
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
fn a_long_user_name_does_not_push_the_real_host_out_of_sight() {
    let user = format!("myapp.com{}@", "a".repeat(1_500));
    assert_eq!(written(&format!("https://{user}evil.com"), Some("evil.com")), format!("https://[Deceiving {user}][Host evil.com]"));
}

#[test]
fn where_the_host_is_not_found_for_certain_nothing_is_set_off() {
    assert_eq!(written("https://myapp.com/", Some("evil.com")), "https://myapp.com/");
    assert_eq!(written("///evil.com", None), "///evil.com");
}

#[test]
fn what_cannot_be_seen_or_looks_like_another_is_written_out() {
    assert_eq!(
        written("https://b\u{430}nk.com/\u{fc}", Some("xn--bnk-6cd.com")),
        "https://[Host b][LookAlike \u{430}|U+0430 CYRILLIC SMALL LETTER A][Host nk.com]/\u{fc}"
    );
    assert_eq!(written("https://ev\til.com", Some("evil.com")), "https://[Host ev][Unseen |U+0009 TAB][Host il.com]");
    assert_eq!(written("a\u{200b}b", None), "a[Unseen |U+200B ZERO WIDTH SPACE]b");
    assert_eq!(written("a\u{ad}\u{3164}", None), "a[Unseen |U+00AD SOFT HYPHEN][Unseen |U+3164 HANGUL FILLER]");
    assert_eq!(written("\u{202e}\0", None), "[Unseen |U+202E RIGHT-TO-LEFT OVERRIDE][Unseen |U+0000]");
}

#[test]
fn a_host_in_punycode_is_read_out() {
    let read = in_unicode("xn--bnk-6cd.com").map(as_text);
    assert_eq!(
        read.as_deref(),
        Some("[Host b][LookAlike \u{430}|U+0430 CYRILLIC SMALL LETTER A][Host n][Host k][Host .][Host c][Host o][Host m]")
    );
    assert_eq!(in_unicode("myapp.com"), None);
    assert_eq!(in_unicode("[::1]"), None);
}

#[test]
fn a_megabyte_is_cut_in_sight() {
    let value = "ü".repeat(500_000);
    let marks = marks(&value, None);
    assert_eq!(marks.last().unwrap().said.as_deref(), Some("and 995904 more bytes"));
    assert!(marks.iter().map(|mark| mark.text.len()).sum::<usize>() < 4_200);
    assert_eq!(written(&"\u{200b}".repeat(9), None).matches("ZERO WIDTH").count(), 8);
}
