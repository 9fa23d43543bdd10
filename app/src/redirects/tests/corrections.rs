//! Corrections of common mistakes: what is offered for what is pasted, and that nothing is offered that would be refused.

use proptest::prelude::*;

use super::{values::any_value, *};
use crate::redirects::{correct_fallback, correct_setting, parse_fallback};
use Environment::{Development, Production};

fn offered(settings: &Settings, field: InstanceField) -> Option<String> {
    correct_setting(settings, field).map(|correction| correction.value)
}

fn domain(text: &str) -> Option<String> {
    offered(&Settings { domain: text.into(), ..settings(Production) }, InstanceField::Domain)
}

fn origin(text: &str, environment: Environment) -> Option<String> {
    offered(&Settings { allowed_origins: vec![text.into()], ..settings(environment) }, InstanceField::AllowedOrigin(0))
}

fn home(text: &str) -> Option<String> {
    offered(&Settings { home_url: text.into(), ..settings(Production) }, InstanceField::HomeUrl)
}

fn fallback(text: &str) -> Option<String> {
    correct_fallback(&production(), Flow::SignIn, text).map(|correction| correction.value)
}

#[test]
fn a_domain_is_offered_without_what_stands_around_it() {
    for text in [
        "https://myapp.com",
        "https://myapp.com/welcome?x#y",
        "myapp.com/welcome",
        "myapp.com:3000",
        "myapp.com,",
        "myapp.com;",
        "“myapp.com”",
        "<https://myapp.com>",
        "*.myapp.com",
        "myapp.com.",
        "myapp..com",
        "my\u{ad}app.com",
        "myapp.xn--com-9o0a",
    ] {
        assert_eq!(domain(text).as_deref(), Some("myapp.com"), "{text}");
    }
    for text in ["", "vercel.app", "https://co.uk/", "nick@myapp.com", "127.0.0.1", "my app.com", "com"] {
        assert_eq!(domain(text), None, "{text}");
    }
}

#[test]
fn an_origin_is_offered_with_its_scheme_and_without_its_path() {
    for (text, expected) in [
        ("example.com", "https://example.com"),
        ("*.example.com", "https://*.example.com"),
        ("*.preview.myapp.dev:8443", "https://*.preview.myapp.dev:8443"),
        ("https://example.com/*", "https://example.com"),
        ("https://example.com/path?x#y", "https://example.com"),
        ("https://example.com,", "https://example.com"),
        ("https://example.com)", "https://example.com"),
        ("https://example.com&", "https://example.com"),
        ("https://example.com$", "https://example.com"),
        ("https://example.com!", "https://example.com"),
        ("https://example.com”", "https://example.com"),
        ("https://example.xn--com-9o0a", "https://example.com"),
        ("\"https://example.com\"", "https://example.com"),
        ("'example.com/welcome'", "https://example.com"),
        ("«https://example.com»", "https://example.com"),
        ("<https://example.com/>,", "https://example.com/"),
        ("https://app..example.com", "https://app.example.com"),
        ("https://https://example.com", "https://example.com"),
        ("https:/example.com", "https://example.com"),
        ("http://example.com", "https://example.com"),
        ("my-app-git-branch-my-team.vercel.app", "https://my-app-git-branch-my-team.vercel.app"),
        ("https://my-app-git-branch-my-team.vercel.app/dashboard", "https://my-app-git-branch-my-team.vercel.app"),
    ] {
        assert_eq!(origin(text, Production).as_deref(), Some(expected), "{text}");
    }
    for (text, expected) in [
        ("localhost:5173", "http://localhost:5173"),
        ("localhost:*", "http://localhost:*"),
        ("http://127.0.0.1:3000/x", "http://127.0.0.1:3000"),
    ] {
        assert_eq!(origin(text, Development).as_deref(), Some(expected), "{text}");
    }
    for text in
        ["http://localhost:*", "*.vercel.app", "https://*.com", "https://*-my-team.vercel.app", "myapp://callback", "null", "nonsense"]
    {
        assert_eq!(origin(text, Production), None, "{text}");
    }
}

#[test]
fn a_domain_is_offered_only_if_its_default_portal_origin_is_valid() {
    let offered = |domain: String| offered(&Settings { domain, ..settings(Development) }, InstanceField::Domain);
    assert_eq!(offered("“testserver,”".into()).as_deref(), Some("testserver"));
    assert_eq!(offered("“_a,”".into()), None);
    // 253 bytes fit, and accounts. before them does not.
    let long = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(57), "com".into()].join(".");
    assert_eq!(offered(format!("\"{long}\"")), None);
}

#[test]
fn a_vercel_preview_is_named_with_the_reason_why_it_has_no_pattern() {
    let paste = "https://my-app-git-branch-my-team.vercel.app/dashboard";
    let settings = Settings { allowed_origins: vec![paste.into()], ..settings(Production) };
    let correction = correct_setting(&settings, InstanceField::AllowedOrigin(0)).unwrap();
    assert!(correction.mistake.contains("a pattern can't tell yours from a stranger's"), "{}", correction.mistake);
}

#[test]
fn a_home_url_and_a_fallback_are_offered_with_what_was_left_out() {
    for (text, expected) in [
        ("myapp.com/welcome", "https://myapp.com/welcome"),
        ("/start", "https://myapp.com/start"),
        ("\"https://myapp.com/\"", "https://myapp.com/"),
        ("<https://myapp.com/>", "https://myapp.com/"),
        ("https://myapp.com,", "https://myapp.com"),
        ("http://myapp.com/", "https://myapp.com/"),
    ] {
        assert_eq!(home(text).as_deref(), Some(expected), "{text}");
    }
    for (text, expected) in [
        ("myapp.com/welcome", "https://myapp.com/welcome"),
        ("“/welcome”", "/welcome"),
        ("'https://myapp.com/welcome'", "https://myapp.com/welcome"),
        ("«/welcome»", "/welcome"),
        ("<https://myapp.com/welcome>", "https://myapp.com/welcome"),
        ("https://myapp.com,", "https://myapp.com"),
        ("welcome", "/welcome"),
        ("//myapp.com/welcome", "https://myapp.com/welcome"),
        ("http://myapp.com/welcome", "https://myapp.com/welcome"),
        ("/hello\u{200b}you", "/helloyou"),
    ] {
        assert_eq!(fallback(text).as_deref(), Some(expected), "{text}");
    }
    for text in ["evil.com/welcome", "https://evil.com/", "//evil.com", "javascript:alert(1)", "https://accounts.myapp.com/sign-in"] {
        assert_eq!((home(text), fallback(text)), (None, None), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn nothing_is_offered_that_would_be_refused(text in any_value(), quoted in any::<bool>()) {
        let text = if quoted { format!("“{text},”") } else { text };
        for flow in [Flow::SignIn, Flow::SignOut] {
            if let Some(correction) = correct_fallback(&production(), flow, &text) {
                prop_assert!(parse_fallback(&production(), flow, &correction.value).is_ok(), "{text:?}: {correction:?}");
            }
        }
        for environment in Environment::ALL {
            let wrong = Settings { domain: text.clone(), portal_origin: text.clone(), allowed_origins: vec![text.clone()], ..settings(environment) };
            if let Some(correction) = correct_setting(&wrong, InstanceField::Domain) {
                prop_assert!(Instance::parse(&Settings { domain: correction.value, ..settings(environment) }, 0).is_ok(), "{text:?}");
            }
            if let Some(correction) = correct_setting(&wrong, InstanceField::AllowedOrigin(0)) {
                let allowed_origins = vec![correction.value];
                prop_assert!(Instance::parse(&Settings { allowed_origins, ..settings(environment) }, 0).is_ok(), "{text:?}");
            }
            let wrong = Settings { home_url: text.clone(), ..settings(environment) };
            if let Some(correction) = correct_setting(&wrong, InstanceField::HomeUrl) {
                prop_assert!(Instance::parse(&Settings { home_url: correction.value, ..wrong }, 0).is_ok(), "{text:?}");
            }
        }
    }
}
