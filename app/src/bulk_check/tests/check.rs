//! The check of each link.

use super::*;
use crate::{
    bulk_check::check::{CheckedLink, LinkOutcome, check},
    fixtures::{self, fallbacks, my_app},
    redirects::{Flow, Instance, MAX_QUERY_BYTES, Settings, Source},
};

/// `my-app` on that domain. Its portal stays where it is.
fn instance(domain: &str) -> Instance {
    fixtures::instance(&Settings { domain: domain.into(), portal_origin: "https://accounts.myapp.com".into(), ..my_app() })
}

fn checked(text: &str) -> CheckedLink {
    let fallbacks = fallbacks(&[(Flow::SignUp, "/welcome")]);
    check(&instance("myapp.com"), &fallbacks, None, &Line { number: 7, text: text.to_owned() })
}

/// The outcome, the target with its source, and the reason.
fn outcome(text: &str) -> (LinkOutcome, Option<(String, Source)>, String) {
    let CheckedLink { line, link, target, outcome, reason, .. } = checked(text);
    assert_eq!((line, link.as_str()), (7, text));
    (outcome, target, reason)
}

fn target(target: &str, source: Source) -> (String, Source) {
    (target.to_owned(), source)
}

#[test]
fn a_link_that_gets_what_it_asks_for_is_allowed() {
    let to = |url: &str, source| (LinkOutcome::Allowed, Some(target(url, source)), String::new());
    let asks = "https://accounts.myapp.com/sign-up?redirect_url=https%3A%2F%2Fapp.myapp.com%2Fx";
    assert_eq!(outcome(asks), to("https://app.myapp.com/x", Source::RedirectUrl));
    assert_eq!(outcome("https://accounts.myapp.com/sign-up"), to("https://myapp.com/welcome", Source::Fallback));
    assert_eq!(outcome("https://accounts.myapp.com/waitlist?email_address=a%40b.c"), to("https://myapp.com/", Source::HomeUrl));
}

#[test]
fn the_first_refusal_is_explained_beside_the_target_that_the_link_leads_to_instead() {
    let link = "https://accounts.myapp.com/sign-up?redirect_url=https://evil.com&sign_up_force_redirect_url=http://myapp.com/";
    let said = "Forced in the link: Production requires https. Change http:// to https://.";
    assert_eq!(outcome(link), (LinkOutcome::Refused, Some(target("https://myapp.com/welcome", Source::Fallback)), said.to_owned()));
    let (_, _, said) = outcome("https://accounts.myapp.com/sign-in?redirect_url=https://myapp.com@evil.com/");
    assert_eq!(said, "redirect_url: It contains a user name, and its real host is evil.com. Remove everything before the @.");
}

#[test]
fn a_stored_fallback_that_is_no_longer_allowed_is_refused() {
    let fallbacks = fallbacks(&[(Flow::SignIn, "https://myapp.com/in")]);
    let line = Line { number: 1, text: "https://accounts.myapp.com/sign-in".to_owned() };
    let checked = check(&instance("moved.com"), &fallbacks, None, &line);
    assert_eq!((checked.outcome, checked.target), (LinkOutcome::Refused, Some(target("https://moved.com/", Source::HomeUrl))));
    assert!(checked.reason.starts_with("Fallback redirect: myapp.com is not on moved.com."), "{}", checked.reason);
}

#[test]
fn odd_links_are_explained_whether_they_are_allowed_or_not() {
    let ten = format!("https://accounts.myapp.com/sign-in?{}", "redirect_url=/a&".repeat(10));
    let times = "redirect_url appears 10 times. The first one counts.";
    assert_eq!(outcome(&ten), (LinkOutcome::Allowed, Some(target("https://myapp.com/a", Source::RedirectUrl)), times.to_owned()));
    let (refused, _, said) = outcome("https://accounts.myapp.com/sign-in?redirect_url=//evil.com/%ZZ");
    assert_eq!(refused, LinkOutcome::Refused);
    assert!(
        said.starts_with("redirect_url: evil.com is not on myapp.com.") && said.contains("A % without two hexadecimal digits"),
        "{said}"
    );
}

#[test]
fn a_text_that_is_not_a_link_to_this_portal_has_a_reason() {
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
        assert_eq!(outcome(text), (LinkOutcome::NoLink, None, said.to_owned()), "{text:?}");
    }
    let long = format!("https://accounts.myapp.com/sign-in?{}", "x".repeat(MAX_QUERY_BYTES + 1));
    assert!(outcome(&long).2.starts_with("That is too long: "));
}

#[test]
fn every_outcome_is_found_by_its_name() {
    for outcome in LinkOutcome::ALL {
        assert_eq!(LinkOutcome::from_name(outcome.name()), Some(outcome));
    }
    assert_eq!(LinkOutcome::from_name("all"), None);
}
