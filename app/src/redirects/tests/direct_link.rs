//! Whole direct links: which texts lead to a page of the portal, and what the others are told.

use super::*;
use crate::redirects::{DirectLink, MAX_QUERY_BYTES, NotALink, Page};

fn read(text: &str) -> Result<DirectLink, NotALink> {
    DirectLink::parse(&production(), text)
}

/// What a text that is not a link is told.
fn said(text: &str) -> String {
    read(text).unwrap_err().explain(&production()).to_string()
}

#[test]
fn a_link_to_each_page_is_for_its_flow() {
    for flow in Flow::ALL {
        let Some(page) = flow.page().map(Page::path) else { continue };
        for text in [
            format!("https://accounts.myapp.com{page}"),
            format!(" HTTPS://Accounts.MyApp.com:443{page}/?redirect_url=/x#there\n"),
            format!("https://accounts.myapp.com/{}", page[1..].replace('s', "%73")),
            format!("https:\\\\accounts.myapp.com{page}"),
        ] {
            assert_eq!(read(&text).map(|link| link.flow()), Ok(flow), "{text}");
        }
    }
}

#[test]
fn its_query_is_read_as_the_portal_reads_it() {
    let direct = read("https://accounts.myapp.com/sign-in?redirect_url=https://myapp.com@evil.com&username=nick#/redirect_url=x").unwrap();
    assert_eq!(direct.link().redirect_url.as_deref(), Some("https://myapp.com@evil.com"));
    assert_eq!(direct.link().prefill.username.as_deref(), Some("nick"));
}

#[test]
fn a_link_as_clerks_components_write_it_is_read_from_its_fragment() {
    for (text, redirect_url, username) in [
        (
            "https://accounts.myapp.com/sign-in#/?redirect_url=https%3A%2F%2Fmyapp.com%2Fx&username=nick",
            "https://myapp.com/x",
            Some("nick"),
        ),
        (
            "https://accounts.myapp.com/sign-in?redirect_url=/a&redirect_url=/b&username=nick#/factor-one?redirect_url=/c",
            "/c",
            Some("nick"),
        ),
        ("https://accounts.myapp.com/#/?utm_source=mail&redirect_url=/x", "/x", None),
    ] {
        let direct = read(text).unwrap();
        assert_eq!((direct.flow(), direct.link().redirect_url.as_deref()), (Flow::SignIn, Some(redirect_url)), "{text}");
        assert_eq!(direct.link().prefill.username.as_deref(), username, "{text}");
        assert_eq!(direct.advice(&production(), None).mistakes, [""; 0], "{text}");
    }
    let long = format!("https://accounts.myapp.com/sign-in?a#/?redirect_url=/{}", "x".repeat(MAX_QUERY_BYTES));
    assert!(matches!(read(&long), Err(NotALink::TooLong(_))));
}

#[test]
fn the_root_is_the_sign_in_page_and_a_path_below_a_page_is_that_page() {
    for (path, flow) in [("", Flow::SignIn), ("/", Flow::SignIn), ("/sign-in/factor-one", Flow::SignIn), ("/sign-up/tasks", Flow::SignUp)] {
        let direct = read(&format!("https://accounts.myapp.com{path}?redirect_url=/x")).unwrap();
        assert_eq!((direct.flow(), direct.link().redirect_url.as_deref()), (flow, Some("/x")), "{path}");
    }
}

#[test]
fn a_link_to_another_site_is_not_a_link_of_this_portal() {
    for (text, host) in [
        ("https://evil.com/sign-in", "https://evil.com"),
        ("https://accounts.myapp.com@evil.com/sign-in", "https://evil.com"),
        ("http://accounts.myapp.com/sign-in", "http://accounts.myapp.com"),
        ("https://accounts.myapp.com:8443/sign-in", "https://accounts.myapp.com:8443"),
        ("https://accounts.myapp.com./sign-in", "https://accounts.myapp.com."),
        ("https://myapp.com/sign-in", "https://myapp.com"),
    ] {
        assert_eq!(said(text), format!("It leads to {host}. Links to this portal start with https://accounts.myapp.com/."), "{text}");
    }
}

#[test]
fn the_reasons_why_a_text_is_not_a_link_are_told_apart() {
    for text in ["", " \t\n "] {
        assert_eq!(read(text), Err(NotALink::Empty));
    }
    let scheme = [
        "accounts.myapp.com/sign-in",
        "accounts.myapp.com:443/sign-in",
        "/sign-in",
        "javascript:alert(1)",
        "xhttps://accounts.myapp.com/sign-in",
        "name,https://x",
        "\0",
    ];
    for text in scheme {
        assert_eq!(read(text), Err(NotALink::NoScheme), "{text:?}");
        assert_eq!(said(text), "That is not a complete link. Start with https://accounts.myapp.com/.");
    }
    for text in ["https://", "https://a b/", "https://accounts.myapp.com:99999/sign-in"] {
        assert_eq!(read(text), Err(NotALink::NotAUrl), "{text:?}");
    }
    let longest = format!("https://accounts.myapp.com/sign-in?{}", "x".repeat(MAX_QUERY_BYTES));
    assert!(read(&longest).is_ok());
    assert!(matches!(read(&"https://".repeat(100_000)), Err(NotALink::TooLong(800_000))));
    assert_eq!(read(&format!("{longest}x")), Err(NotALink::TooLong(MAX_QUERY_BYTES + 1)));
}

#[test]
fn a_page_without_a_redirect_is_named() {
    for page in Page::ALL.into_iter().filter(|page| page.flow().is_none()) {
        let text = format!("https://accounts.myapp.com{}/?redirect_url=/x", page.path());
        assert_eq!(read(&text), Err(NotALink::NoRedirect(page)));
    }
    for (path, name) in [("/user", "profile"), ("/unauthorized-sign-in", "unauthorized sign-in")] {
        let expected = format!("{path} is the {name} page. It has no redirect of its own; only its logo leads away.");
        assert_eq!(said(&format!("https://accounts.myapp.com{path}")), expected);
    }
    for path in ["/nowhere", "/sign-in-help", "/user/more", "/Sign-In", "/%ff"] {
        assert_eq!(read(&format!("https://accounts.myapp.com{path}")), Err(NotALink::NoPage(path.to_owned())));
    }
    let pages = Page::ALL.map(Page::path).join(", ");
    assert_eq!(said("https://accounts.myapp.com/signin"), format!("The portal has no page /signin. Its pages are {pages}."));
}
