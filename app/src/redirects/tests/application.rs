//! Which origins are applications: the home URL's and marked ones, byte by byte, and nothing that looks like them.

use proptest::prelude::*;

use super::*;
use crate::redirects::{ApplicationOriginError, check_application_origin, is_application_origin};

fn my_production() -> Instance {
    instance(Environment::Production, &["https://app.other.com", "https://*.preview.myapp.dev", "https://shop.myapp.com:8443"])
}

/// An instance with that domain and nothing else.
fn of_domain(domain: &str) -> Instance {
    let none = String::new;
    let settings = Settings { domain: domain.into(), portal_origin: none(), home_url: none(), ..settings(Environment::Production) };
    Instance::parse(&settings, 1).unwrap()
}

fn marked(origins: &[&str]) -> Vec<String> {
    origins.iter().map(|origin| (*origin).to_owned()).collect()
}

#[test]
fn the_home_urls_origin_and_marked_ones_are_applications_and_the_domain_alone_makes_none() {
    let instance = my_production();
    assert!(is_application_origin(&instance, &[], "https://myapp.com"));
    assert!(!is_application_origin(&instance, &[], "https://app.myapp.com"));
    let marked = marked(&["https://app.myapp.com", "https://shop.myapp.com:8443"]);
    for origin in &marked {
        assert!(is_application_origin(&instance, &marked, origin), "{origin}");
    }
}

#[test]
fn an_origin_counts_only_as_browsers_write_it() {
    let instance = my_production();
    let marked = marked(&["https://app.myapp.com"]);
    for origin in [
        "",
        "null",
        "*",
        "https://APP.myapp.com",
        "HTTPS://app.myapp.com",
        "https://app.myapp.com.",
        "https://app.myapp.com/",
        "https://app.myapp.com/path",
        "https://app.myapp.com:443",
        "https://app.myapp.com:444",
        "https://user@app.myapp.com",
        "https://app.myapp.com?x",
        "https://app.myapp.com#x",
        "http://app.myapp.com",
        "https://evil.myapp.com.evil",
        "https://evil.myapp.com",
        "https://app.myapp.com.evil.com",
        "https://evilapp.myapp.com",
        "https://myapp.com.",
        "https://MYAPP.com",
        "https://myapp.com/",
        " https://app.myapp.com",
        "https://app.myapp.com ",
        "https:app.myapp.com",
        "https:\\\\app.myapp.com",
        "https://app%2emyapp.com",
        "app.myapp.com",
        "file://",
        "data:text/html,x",
    ] {
        assert!(!is_application_origin(&instance, &marked, origin), "{origin:?}");
    }
}

#[test]
fn what_can_be_marked_is_one_origin_of_the_own_site_that_links_may_lead_to() {
    let instance = my_production();
    let check = |text: &str| check_application_origin(&instance, text);
    assert_eq!(check(" https://APP.myapp.com/ ").as_deref(), Ok("https://app.myapp.com"), "it is stored as browsers write it");
    assert_eq!(check("https://app.other.com"), Err(ApplicationOriginError::OtherSite), "although links may lead there");
    assert_eq!(check("https://*.myapp.com"), Err(ApplicationOriginError::Pattern));
    assert_eq!(check("https://accounts.myapp.com"), Err(ApplicationOriginError::Portal));
    for text in ["null", "http://app.myapp.com", "https://app.myapp.com/x", "https://u@app.myapp.com", "javascript:alert(1)"] {
        assert!(matches!(check(text), Err(ApplicationOriginError::Origin(_))), "{text}");
    }
    // The portal is on a site where the instance's domain is not the registrable one.
    assert_eq!(check_application_origin(&of_domain("app.shared.com"), "https://other.shared.com"), Err(ApplicationOriginError::NotAllowed));
}

#[test]
fn a_marked_origin_ends_to_count_when_the_settings_no_longer_allow_it() {
    let marked = marked(&["https://app.myapp.com", "http://localhost:5173", "https://x.preview.myapp.dev"]);
    let instance = my_production();
    assert!(!is_application_origin(&instance, &marked, "https://x.preview.myapp.dev"), "another site, and allowed by a pattern only");
    assert!(!is_application_origin(&instance, &marked, "http://localhost:5173"));
    let development = super::instance(Environment::Development, &["http://localhost:*"]);
    assert!(is_application_origin(&development, &marked, "http://localhost:5173"));
    assert!(!is_application_origin(&development, &marked, "http://localhost:5174"));
    assert!(!is_application_origin(&of_domain("other.com"), &marked, "https://app.myapp.com"));
}

proptest! {
    #[test]
    fn only_the_two_origins_themselves_count(text in "\\PC{0,40}|https?://[a-zA-Z0-9.:@/-]{0,12}(my)?app\\.com[a-z.:/0-9]{0,8}") {
        let marked = marked(&["https://app.myapp.com"]);
        let counts = is_application_origin(&my_production(), &marked, &text);
        prop_assert_eq!(counts, text == "https://myapp.com" || text == "https://app.myapp.com", "{}", text);
    }
}
