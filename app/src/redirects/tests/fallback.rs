//! Fallback redirects: the forms that an admin can store, and that they follow the same rules as any link.

use super::*;
use crate::redirects::{Fallbacks, explain, parse_fallback};

#[test]
fn a_fallback_is_an_absolute_url_or_a_path_that_begins_with_one_slash() {
    for (value, target) in [
        ("/", "https://myapp.com/"),
        ("/dashboard?tab=1#x", "https://myapp.com/dashboard?tab=1#x"),
        ("https://app.myapp.com/x", "https://app.myapp.com/x"),
        ("HTTPS://myapp.com", "https://myapp.com/"),
    ] {
        for flow in Flow::ALL {
            assert_eq!(parse_fallback(&production(), flow, value).map(|allowed| allowed.url.into()), Ok(String::from(target)), "{value}");
        }
    }
    for value in [
        "",
        "dashboard",
        "?tab=1",
        "#x",
        "./x",
        " /x",
        "\\x",
        "//myapp.com/x",
        "/\\myapp.com",
        "\\\\myapp.com",
        "https:\\\\myapp.com",
        "/\t/myapp.com",
        "/dash\nboard",
        "https://my\tapp.com/",
        "https://my\u{ad}app.com/",
        "/dash\u{200b}board",
        "/\u{3164}",
        "/dash\u{a0}board",
        "https://a,.myapp.com/",
        "https://-a.myapp.com/",
    ] {
        for flow in Flow::ALL {
            let refused = parse_fallback(&production(), flow, value).unwrap_err();
            assert_eq!(refused.reason, Refusal::NotAUrl, "{flow}, {value:?}");
        }
    }
}

#[test]
fn the_invisible_character_of_a_fallback_is_named() {
    let explained = |value| explain(&production(), value, &parse_fallback(&production(), Flow::SignIn, value).unwrap_err()).to_string();
    assert_eq!(explained("/dash\u{202e}board"), "It contains an invisible character, U+202E. Remove it.");
    assert_eq!(explained("dashboard"), "That is not a URL. Start with / for a page of your application, or with https://.");
    assert!(parse_fallback(&production(), Flow::SignIn, "/für 雨").is_ok());
}

#[test]
fn a_fallback_must_be_allowed_for_its_flow_by_the_same_rules() {
    let page = "https://accounts.myapp.com/sign-in";
    for (flow, value, reason) in [
        (Flow::Logo, "//evil.com", Refusal::Foreign),
        (Flow::Logo, "http://localhost:5173/", Refusal::Insecure),
        (Flow::SignIn, page, Refusal::Loop),
        (Flow::SignUp, page, Refusal::Loop),
    ] {
        assert_eq!(parse_fallback(&production(), flow, value).unwrap_err().reason, reason, "{flow}, {value}");
    }
    assert!(parse_fallback(&production(), Flow::SignOut, page).is_ok());
}

#[test]
fn a_fallback_is_kept_as_typed_and_a_blank_one_is_removed() {
    let mut fallbacks = Fallbacks::default();
    fallbacks.set(Flow::SignIn, " \u{feff} /Dash board \u{200b}");
    fallbacks.set(Flow::SignUp, " \t\u{200b} ");
    assert_eq!((fallbacks.get(Flow::SignIn), fallbacks.get(Flow::SignUp)), (Some("/Dash board"), None));
    fallbacks.set(Flow::SignIn, "");
    assert_eq!(fallbacks, Fallbacks::default());
}
