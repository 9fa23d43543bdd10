//! Origins: what admins can store, what is refused, and what a pattern matches.

use proptest::prelude::*;
use url::Url;

use crate::redirects::{
    AllowedOrigin,
    Environment::{self, Development, Production},
    HostError, Invisible, OriginError, RequestingOrigin,
    origin::has_origin,
};

fn stored(text: &str, environment: Environment) -> Result<String, OriginError> {
    AllowedOrigin::parse(text, environment).map(|origin| origin.to_string())
}

#[test]
fn an_origin_is_stored_as_browsers_write_it() {
    assert_eq!(stored("https://App.Example.com:443/", Production).as_deref(), Ok("https://app.example.com"));
    assert_eq!(stored("http://localhost:5173", Development).as_deref(), Ok("http://localhost:5173"));
    assert_eq!(stored("https://*.Preview.myapp.dev:8443", Production).as_deref(), Ok("https://*.preview.myapp.dev:8443"));
    assert_eq!(stored("https://*.my-project.pages.dev", Production).as_deref(), Ok("https://*.my-project.pages.dev"));
    assert_eq!(stored("http://*.localhost:3000", Development).as_deref(), Ok("http://*.localhost:3000"));
    assert_eq!(stored("https://[::1]:3000", Production).as_deref(), Ok("https://[::1]:3000"));
}

#[test]
fn a_text_that_is_not_an_origin_is_refused_with_its_reason() {
    for (text, error) in [
        ("", OriginError::NotAnOrigin),
        ("null", OriginError::NotAnOrigin),
        ("app.example.com", OriginError::NotAnOrigin),
        ("myapp://callback", OriginError::NotAnOrigin),
        ("https:app.example.com", OriginError::NotAnOrigin),
        ("https:\\\\app.example.com", OriginError::NotAnOrigin),
        ("https://app.example.com.", OriginError::NotAnOrigin),
        ("https://app..example.com", HostError::EmptyLabel.into()),
        ("https://app.example.com;", HostError::Character(';').into()),
        ("https://app.example.com)", HostError::Character(')').into()),
        ("https://app.example.com”", HostError::Character('”').into()),
        ("https://*.example.com&", HostError::Character('&').into()),
        ("https://-app.example.com", HostError::Hyphen.into()),
        ("https://my_app.com", HostError::Underscore.into()),
        ("https://my-app-*-my-team.vercel.app", OriginError::Vercel),
        ("https://*-my-team.vercel.app/", OriginError::Vercel),
        ("http://localhost:*", OriginError::OpenPort),
        ("https://example.com:*", OriginError::OpenPort),
        ("https://app.example.com/x", OriginError::NotAlone),
        ("https://app.example.com?x", OriginError::NotAlone),
        ("https://nick@app.example.com", OriginError::NotAlone),
        ("http://app.example.com", OriginError::Insecure),
        ("https://*", OriginError::Wildcard),
        ("https://*.*.example.com", OriginError::Wildcard),
        ("https://app.*.example.com", OriginError::Wildcard),
        ("https://app-*.example.com", OriginError::Wildcard),
        ("https://*.127.0.0.1", OriginError::Wildcard),
        ("https://*.vercel.app", OriginError::PublicSuffix),
        ("https://*.co.uk", OriginError::PublicSuffix),
        ("https://*.com", OriginError::PublicSuffix),
        ("https://*.localhost", OriginError::PublicSuffix),
        (&format!("https://{}.com", "a".repeat(600)), OriginError::TooLong),
    ] {
        assert_eq!(stored(text, Production), Err(error), "{text}");
    }
}

#[test]
fn an_invisible_character_is_refused_with_its_number() {
    assert_eq!(stored("\u{feff}https://myapp.com\u{200b}", Production).as_deref(), Ok("https://myapp.com"));
    for c in ['\t', '\u{ad}', '\u{200b}', '\u{3164}', '\u{feff}'] {
        for text in [format!("https://my{c}app.com"), format!("https://*.my{c}app.com"), format!("https://{c}myapp.com:3000/")] {
            assert_eq!(stored(&text, Production), Err(Invisible(c).into()), "{text:?}");
        }
    }
    let error = stored("https://my\u{ad}app.com", Production).unwrap_err();
    assert_eq!(error.to_string(), "It contains an invisible character, U+00AD. Remove it.");
}

#[test]
fn a_host_of_this_machine_may_leave_its_port_open_in_development() {
    for (text, host) in [
        ("http://localhost:*", "localhost"),
        ("HTTP://LocalHost:*/", "localhost"),
        ("http://127.0.0.1:*", "127.0.0.1"),
        ("http://[::1]:*", "[::1]"),
    ] {
        let origin = AllowedOrigin::parse(text, Development).unwrap();
        assert_eq!(origin.as_str(), format!("http://{host}:*"));
        assert_eq!(AllowedOrigin::parse(origin.as_str(), Development).as_ref(), Ok(&origin));
        for port in ["", ":80", ":3000", ":65535"] {
            assert!(origin.matches(&Url::parse(&format!("http://{host}{port}/x")).unwrap()), "{text}, {port}");
        }
        for other in
            ["https://localhost:3000", "http://a.localhost:3000", "http://127.0.0.2:3000", "http://evil.com:3000", "http://[::2]:1"]
        {
            assert!(!origin.matches(&Url::parse(other).unwrap()), "{text}, {other}");
        }
    }
    for text in [
        "https://localhost:*",
        "http://a.localhost:*",
        "http://evil.com:*",
        "http://127.1:*",
        "http://*.localhost:*",
        "http://localhost:*:*",
    ] {
        assert_eq!(stored(text, Development), Err(OriginError::OpenPort), "{text}");
    }
    assert_eq!(stored("http://localhost:30*", Development), Err(OriginError::Wildcard));
}

#[test]
fn a_pattern_matches_one_or_more_labels_and_nothing_else() {
    let pattern = AllowedOrigin::parse("https://*.preview.myapp.dev:8443", Production).unwrap();
    for text in ["https://a.preview.myapp.dev:8443/x", "https://a.b.preview.myapp.dev:8443"] {
        assert!(pattern.matches(&Url::parse(text).unwrap()), "{text}");
    }
    for text in [
        "https://preview.myapp.dev:8443",
        "https://a.preview.myapp.dev",
        "http://a.preview.myapp.dev:8443",
        "https://evilpreview.myapp.dev:8443",
        "https://a.preview.myapp.dev.:8443",
        "https://..preview.myapp.dev:8443",
        "https://a.preview.myapp.dev.evil.com:8443",
    ] {
        assert!(!pattern.matches(&Url::parse(text).unwrap()), "{text}");
    }
}

#[test]
fn a_pattern_ends_where_strangers_own_names() {
    let pattern = AllowedOrigin::parse("https://*.amazonaws.com", Production).unwrap();
    assert!(pattern.matches(&Url::parse("https://console.aws.amazonaws.com").unwrap()));
    assert!(!pattern.matches(&Url::parse("https://evil.s3.amazonaws.com").unwrap()));
    let local = AllowedOrigin::parse("http://*.localhost", Development).unwrap();
    assert!(local.matches(&Url::parse("http://a.b.localhost").unwrap()));
}

#[test]
fn null_is_not_a_requesting_origin() {
    assert_eq!(RequestingOrigin::parse("null"), None);
    assert_eq!(RequestingOrigin::parse("exp://192.168.1.100:8081"), None);
    assert!(RequestingOrigin::parse("http://localhost:5173").is_some());
}

proptest! {
    /// So an origin that was read may stand for the same text again.
    #[test]
    fn an_origin_reads_its_own_text_as_itself(
        text in r"(https?|HTTPS)://(\*\.)?([a-zA-Z0-9ü_-]{1,8}\.){0,2}(com|Example|localhost|127\.1|\[0:0::1\]|vercel\.app)(:(443|080|3000|\*))?/?",
        is_production in any::<bool>(),
    ) {
        let environment = if is_production { Production } else { Development };
        if let Ok(origin) = AllowedOrigin::parse(&text, environment) {
            prop_assert_eq!(AllowedOrigin::parse(origin.as_str(), environment), Ok(origin));
        }
    }

    #[test]
    fn a_url_has_the_origin_that_the_standard_says(
        url in "(https?|ftp|ws)://([ab]\\.test|127\\.0\\.0\\.[12]|\\[::[12]\\])(:(80|443|8080))?/x",
        other in "(https?|ftp|ws)://([ab]\\.test|127\\.0\\.0\\.[12]|\\[::[12]\\])(:(80|443|8080))?/y",
    ) {
        let (url, other) = (Url::parse(&url).unwrap(), Url::parse(&other).unwrap());
        for origin in [url.origin(), other.origin()] {
            prop_assert_eq!(has_origin(&url, &origin), url.origin() == origin, "{} {}", url, other);
        }
    }
}

#[test]
fn an_opaque_origin_is_nobodys() {
    let url = Url::parse("data:text/html,x").unwrap();
    assert!(!has_origin(&url, &url.origin()));
}
