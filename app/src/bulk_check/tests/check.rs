//! What is found of each line.

use super::*;
use crate::{
    bulk_check::check::{Row, Verdict, check},
    redirects::{Environment, Fallbacks, Flow, Instance, MAX_QUERY_BYTES, Settings, Source},
};

fn instance(domain: &str) -> Instance {
    let settings = Settings {
        slug: "my-app".into(),
        name: "MyApp".into(),
        environment: Environment::Production,
        domain: domain.into(),
        portal_origin: "https://accounts.myapp.com".into(),
        ..Settings::default()
    };
    Instance::parse(&settings, 1).unwrap()
}

fn row(text: &str) -> Row {
    let fallbacks = Fallbacks::from_iter([(Flow::SignUp, "/welcome".to_owned())]);
    check(&instance("myapp.com"), &fallbacks, &Line { number: 7, text: text.to_owned() })
}

/// The verdict, the target, its source, and what is said.
fn verdict(text: &str) -> (Verdict, Option<(String, Source)>, String) {
    let Row { number, link, end, verdict, reason } = row(text);
    assert_eq!((number, link.as_str()), (7, text));
    (verdict, end, reason)
}

fn end(target: &str, source: Source) -> (String, Source) {
    (target.to_owned(), source)
}

#[test]
fn a_link_that_gets_what_it_asks_for_is_allowed() {
    let to = |target: &str, source| (Verdict::Allowed, Some(end(target, source)), String::new());
    let asks = "https://accounts.myapp.com/sign-up?redirect_url=https%3A%2F%2Fapp.myapp.com%2Fx";
    assert_eq!(verdict(asks), to("https://app.myapp.com/x", Source::RedirectUrl));
    assert_eq!(verdict("https://accounts.myapp.com/sign-up"), to("https://myapp.com/welcome", Source::Fallback));
    assert_eq!(verdict("https://accounts.myapp.com/waitlist?email_address=a%40b.c"), to("https://myapp.com/", Source::HomeUrl));
}

#[test]
fn what_is_refused_first_is_said_beside_where_the_link_ends_instead() {
    let link = "https://accounts.myapp.com/sign-up?redirect_url=https://evil.com&sign_up_force_redirect_url=http://myapp.com/";
    let said = "Forced in the link: Production requires https. Change http:// to https://.";
    assert_eq!(verdict(link), (Verdict::Refused, Some(end("https://myapp.com/welcome", Source::Fallback)), said.to_owned()));
    let (_, _, said) = verdict("https://accounts.myapp.com/sign-in?redirect_url=https://myapp.com@evil.com/");
    assert_eq!(said, "redirect_url: It contains a user name, and its real host is evil.com. Remove everything before the @.");
}

#[test]
fn a_stored_fallback_that_is_no_longer_allowed_is_refused() {
    let fallbacks = Fallbacks::from_iter([(Flow::SignIn, "https://myapp.com/in".to_owned())]);
    let line = Line { number: 1, text: "https://accounts.myapp.com/sign-in".to_owned() };
    let row = check(&instance("moved.com"), &fallbacks, &line);
    assert_eq!((row.verdict, row.end), (Verdict::Refused, Some(end("https://moved.com/", Source::HomeUrl))));
    assert!(row.reason.starts_with("Fallback redirect: myapp.com is not on moved.com."), "{}", row.reason);
}

#[test]
fn what_is_odd_about_a_link_is_said_whether_it_is_allowed_or_not() {
    let ten = format!("https://accounts.myapp.com/sign-in?{}", "redirect_url=/a&".repeat(10));
    let times = "redirect_url appears 10 times. The first one counts.";
    assert_eq!(verdict(&ten), (Verdict::Allowed, Some(end("https://myapp.com/a", Source::RedirectUrl)), times.to_owned()));
    let (refused, _, said) = verdict("https://accounts.myapp.com/sign-in?redirect_url=//evil.com/%ZZ");
    assert_eq!(refused, Verdict::Refused);
    assert!(
        said.starts_with("redirect_url: evil.com is not on myapp.com.") && said.contains("A % without two hexadecimal digits"),
        "{said}"
    );
}

#[test]
fn what_is_no_link_of_this_portal_says_so() {
    for (text, said) in [
        ("https://evil.com/sign-in", "It leads to https://evil.com. Links to this portal start with https://accounts.myapp.com/."),
        (
            "https://accounts.myapp.com/unauthorized-sign-in",
            "/unauthorized-sign-in is the unauthorized sign-in page. It has no redirect of its own; only its logo leads away.",
        ),
        ("accounts.myapp.com/sign-in", "That is not a complete link. Start with https://accounts.myapp.com/."),
        ("=1+1", "That is not a complete link. Start with https://accounts.myapp.com/."),
        ("\u{1}\u{202e}", "That is not a complete link. Start with https://accounts.myapp.com/."),
        ("https://", "No browser can open that. Links to this portal start with https://accounts.myapp.com/."),
    ] {
        assert_eq!(verdict(text), (Verdict::NoLink, None, said.to_owned()), "{text:?}");
    }
    let long = format!("https://accounts.myapp.com/sign-in?{}", "x".repeat(MAX_QUERY_BYTES + 1));
    assert!(verdict(&long).2.starts_with("That is too long: "));
}

#[test]
fn every_verdict_is_found_by_its_name() {
    for verdict in Verdict::ALL {
        assert_eq!(Verdict::named(verdict.name()), Some(verdict));
    }
    assert_eq!(Verdict::named("all"), None);
}
