//! Origins: what admins can store, what is refused, and what a pattern matches.

use url::Url;

use crate::redirects::{
    AllowedOrigin,
    Environment::{self, Development, Production},
    Invisible, OriginError, RequestingOrigin,
};

fn stored(text: &str, environment: Environment) -> Result<String, OriginError> {
    AllowedOrigin::parse(text, environment).map(|origin| origin.to_string())
}

#[test]
fn an_origin_is_stored_as_browsers_write_it() {
    assert_eq!(stored("https://App.Example.com:443/", Production).as_deref(), Ok("https://app.example.com"));
    assert_eq!(stored("http://localhost:5173", Development).as_deref(), Ok("http://localhost:5173"));
    assert_eq!(stored("https://*.Preview.myapp.dev:8443", Production).as_deref(), Ok("https://*.preview.myapp.dev:8443"));
    assert_eq!(stored("https://*.my-team.vercel.app", Production).as_deref(), Ok("https://*.my-team.vercel.app"));
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
    for c in ['\t', '\u{ad}', '\u{200b}', '\u{3164}', '\u{feff}'] {
        for text in [format!("https://my{c}app.com"), format!("https://*.my{c}app.com"), format!("https://{c}myapp.com:3000/")] {
            assert_eq!(stored(&text, Production), Err(Invisible(c).into()), "{text:?}");
        }
    }
    let error = stored("https://my\u{ad}app.com", Production).unwrap_err();
    assert_eq!(error.to_string(), "It contains an invisible character, U+00AD. Remove it.");
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
