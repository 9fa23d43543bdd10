//! For any value, the policy does not panic, and it allows only what the rules allow. The first byte selects the instance, the flow
//! and the requesting page; the rest is the value.
#![no_main]

use std::{str, sync::LazyLock};

use app::redirects::{
    Environment, Flow, Ground, Instance, RequestingOrigin, Settings, explain, parse_fallback,
    policy::{Allowed, MAX_URL_BYTES, check},
};
use libfuzzer_sys::fuzz_target;

const REQUESTING: [Option<&str>; 4] =
    [None, Some("https://example.com"), Some("http://localhost:5173"), Some("https://accounts.myapp.com")];

static INSTANCES: LazyLock<[Instance; 4]> = LazyLock::new(|| {
    let instance = |environment, domain: &str, home_url: &str, origins: &[&str]| {
        let allowed_origins = origins.iter().map(ToString::to_string).collect();
        let (domain, home_url) = (domain.to_owned(), home_url.to_owned());
        let settings =
            Settings { slug: "my-app".into(), name: "MyApp".into(), environment, domain, home_url, allowed_origins, ..Settings::default() };
        Instance::parse(&settings, 1).expect("these settings are valid")
    };
    [
        instance(Environment::Production, "myapp.com", "", &[]),
        instance(Environment::Production, "münchen.de", "", &["https://example.com:8443", "https://*.preview.myapp.dev"]),
        instance(Environment::Development, "myapp.com", "", &["http://127.0.0.1:3000", "http://[::1]:5173", "http://*.localhost:3000", "http://localhost:*"]),
        instance(Environment::Development, "localhost", "http://localhost:3000/app/", &["https://xn--strae-oqa.test"]),
    ]
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, value)) = data.split_first() else { return };
    let Ok(value) = str::from_utf8(value) else { return };
    let choice = usize::from(*choice);
    let instance = &INSTANCES[choice % INSTANCES.len()];
    let flow = Flow::ALL[choice / 4 % Flow::ALL.len()];
    let page = REQUESTING[choice / 28 % REQUESTING.len()];
    let requesting = page.and_then(RequestingOrigin::parse);

    match check(instance, flow, requesting.as_ref(), value) {
        Ok(allowed) => {
            assert!(value.len() <= MAX_URL_BYTES);
            assert_follows_rules(instance, page, &allowed);
            assert_eq!(
                check(instance, flow, requesting.as_ref(), allowed.url.as_str()),
                Ok(allowed.clone()),
                "an allowed target is allowed again"
            );
            // Sign-in and sign-up forbid more than the other flows, never less.
            assert_eq!(check(instance, Flow::Logo, requesting.as_ref(), value), Ok(allowed));
        }
        Err(refused) => {
            explain(instance, value, &refused).to_string();
        }
    }
    match parse_fallback(instance, flow, value) {
        Ok(stored) => assert_eq!(check(instance, flow, None, value), Ok(stored), "a stored fallback is allowed"),
        Err(refused) => {
            explain(instance, value, &refused).to_string();
        }
    }
});

/// Checks an allowed target against the rules, using only its text.
fn assert_follows_rules(instance: &Instance, page: Option<&str>, Allowed { url, ground, .. }: &Allowed) {
    let text = url.as_str();
    assert!(text.len() <= MAX_URL_BYTES && text.is_ascii());
    let (scheme, rest) = text.split_once("://").expect("an absolute URL");
    assert!(scheme == "https" || (scheme == "http" && instance.environment() == Environment::Development));
    let authority = rest.split('/').next().unwrap_or_default();
    assert!(!authority.contains(['@', '\\', '?', '#', '%', '*']));
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let origin = format!("{scheme}://{authority}");
    let stands = match ground {
        Ground::Domain => is_or_below(host, instance.domain().as_str(), true),
        Ground::AllowedOrigin => instance.allowed_origins().iter().any(|allowed| match allowed.as_str().split_once("*.") {
            None if allowed.as_str() == "http://localhost:*" => scheme == "http" && host == "localhost",
            None => origin == allowed.as_str(),
            Some((start, parent)) => origin.strip_prefix(start).is_some_and(|name| is_or_below(name, parent, false)),
        }),
        Ground::RequestingPage => page == Some(origin.as_str()),
    };
    assert!(stands, "{origin} has the ground {ground:?}");
}

fn is_or_below(name: &str, parent: &str, itself: bool) -> bool {
    let below = name.strip_suffix(parent).and_then(|labels| labels.strip_suffix('.'));
    (itself && name == parent) || below.is_some_and(|labels| labels.split('.').all(|label| !label.is_empty()))
}
