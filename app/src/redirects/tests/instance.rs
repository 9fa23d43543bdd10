//! Instances: what parsing accepts, its defaults and errors, and what is restored from stored settings.

use super::*;
use Environment::{Development, Production};

/// The fields with an error, in the order in which they are reported.
fn wrong_fields(settings: &Settings) -> Vec<InstanceField> {
    Instance::parse(settings, 0).unwrap_err().into_iter().map(|error| error.field).collect()
}

fn with_home(home_url: &str, environment: Environment) -> Settings {
    Settings { home_url: home_url.into(), ..settings(environment) }
}

#[test]
fn what_is_left_empty_has_its_default() {
    for environment in [Development, Production] {
        let instance = Instance::parse(&settings(environment), 3).unwrap();
        assert_eq!(instance.portal_origin().as_str(), "https://accounts.myapp.com");
        assert_eq!(instance.home_url().as_str(), "https://myapp.com/");
        assert_eq!(instance.home_ground(), Ground::Domain);
        assert_eq!((instance.slug(), instance.name(), instance.version()), ("my-app", "MyApp", 3));
        assert_eq!(instance.environment(), environment);
        assert!(instance.allowed_origins().is_empty());
    }
}

#[test]
fn what_is_typed_is_stored_as_browsers_write_it() {
    let instance = Instance::parse(
        &Settings {
            name: " MyApp ".into(),
            domain: " MyApp.COM ".into(),
            portal_origin: " https://Login.MyApp.com:443/ ".into(),
            home_url: " https://APP.myapp.com/./start ".into(),
            allowed_origins: vec!["https://Example.com:443/".into(), "https://example.com".into()],
            ..settings(Production)
        },
        0,
    )
    .unwrap();
    assert_eq!((instance.name(), instance.domain().as_str()), ("MyApp", "myapp.com"));
    assert_eq!(instance.portal_origin().as_str(), "https://login.myapp.com");
    assert_eq!(instance.home_url().as_str(), "https://app.myapp.com/start");
    let origins: Vec<_> = instance.allowed_origins().iter().map(ToString::to_string).collect();
    assert_eq!(origins, ["https://example.com"]);
}

#[test]
fn every_wrong_field_is_reported_at_once() {
    let wrong = Settings {
        slug: "My App".into(),
        name: " ".into(),
        environment: Production,
        domain: "https://myapp.com".into(),
        allowed_origins: vec!["http://a.com".into(), "https://ok.com".into(), "https://*.com".into()],
        ..Settings::default()
    };
    let fields = [InstanceField::Slug, InstanceField::Name, InstanceField::AllowedOrigin(0), InstanceField::AllowedOrigin(2)];
    assert_eq!(wrong_fields(&wrong), [&fields[..], &[InstanceField::Domain]].concat());
    let wrong = Settings { domain: "myapp.com".into(), portal_origin: "http://accounts.myapp.com".into(), ..wrong };
    assert_eq!(wrong_fields(&wrong), [&fields[..], &[InstanceField::PortalOrigin]].concat());
    let wrong = Settings { portal_origin: String::new(), home_url: "/start".into(), ..wrong };
    assert_eq!(wrong_fields(&wrong), [&fields[..], &[InstanceField::HomeUrl]].concat());
}

#[test]
fn a_slug_is_lower_case_letters_digits_and_single_hyphens() {
    let longest = "a".repeat(63);
    for slug in ["a", "my-app", "app-2", &longest] {
        assert!(Instance::parse(&Settings { slug: slug.into(), ..settings(Production) }, 0).is_ok(), "{slug}");
    }
    for slug in ["", "new", "My-app", "my_app", "-app", "app-", "my--app", "my app", "ümlaut", "a/b", &"a".repeat(64)] {
        assert_eq!(wrong_fields(&Settings { slug: slug.into(), ..settings(Production) }), [InstanceField::Slug], "{slug:?}");
    }
}

#[test]
fn a_name_is_100_visible_characters_at_most() {
    assert!(Instance::parse(&Settings { name: "é".repeat(100), ..settings(Production) }, 0).is_ok());
    for name in ["é".repeat(101), "a\nb".into(), "\t".into(), "My\u{ad}App".into(), "\u{3164}".into()] {
        assert_eq!(wrong_fields(&Settings { name, ..settings(Production) }), [InstanceField::Name]);
    }
}

#[test]
fn fifty_allowed_origins_are_enough() {
    let origins = |count: usize| (0..count).map(|number| format!("https://{number}.example.com")).collect();
    assert!(Instance::parse(&Settings { allowed_origins: origins(50), ..settings(Production) }, 0).is_ok());
    assert_eq!(wrong_fields(&Settings { allowed_origins: origins(51), ..settings(Production) }), [InstanceField::AllowedOrigin(50)]);
}

#[test]
fn a_home_url_that_no_flow_could_go_to_is_refused() {
    for home_url in [
        "https://example.com/",
        "https://nick@myapp.com/",
        "https:myapp.com",
        "javascript:alert(1)",
        "/start",
        "start",
        "//myapp.com/",
        "https://accounts.myapp.com/sign-in",
        "https://accounts.myapp.com/sign-up/?x",
    ] {
        for environment in [Development, Production] {
            assert_eq!(wrong_fields(&with_home(home_url, environment)), [InstanceField::HomeUrl], "{home_url}");
        }
    }
}

#[test]
fn http_is_for_development_only() {
    let home = with_home("http://myapp.com:3000/", Production);
    assert_eq!(wrong_fields(&home), [InstanceField::HomeUrl]);
    assert!(Instance::parse(&Settings { environment: Development, ..home }, 0).is_ok());
    let portal = Settings { portal_origin: "http://accounts.myapp.com".into(), ..settings(Production) };
    assert_eq!(wrong_fields(&portal), [InstanceField::PortalOrigin]);
    assert!(Instance::parse(&Settings { environment: Development, ..portal }, 0).is_ok());
}

#[test]
fn a_home_url_may_stand_on_an_allowed_origin() {
    let allowed_origins = vec!["https://example.com".into()];
    let settings = Settings { allowed_origins, ..with_home("https://example.com/start", Production) };
    let instance = Instance::parse(&settings, 0).unwrap();
    assert_eq!((instance.home_url().as_str(), instance.home_ground()), ("https://example.com/start", Ground::AllowedOrigin));
}

#[test]
fn restoring_leaves_out_what_is_no_longer_allowed() {
    let stored = Settings {
        home_url: "http://localhost:5173/start".into(),
        allowed_origins: vec!["http://localhost:5173".into(), "https://*.vercel.app".into(), "https://example.com".into()],
        ..settings(Production)
    };
    let restored = Instance::restore(stored.clone(), 7).unwrap();
    let origins: Vec<_> = restored.allowed_origins().iter().map(ToString::to_string).collect();
    assert_eq!(origins, ["https://example.com"]);
    assert_eq!((restored.home_url().as_str(), restored.home_ground()), ("https://myapp.com/", Ground::Domain));
    assert_eq!(restored.version(), 7);

    let kept = Instance::restore(Settings { environment: Development, ..stored }, 7).unwrap();
    assert_eq!((kept.home_url().as_str(), kept.home_ground()), ("http://localhost:5173/start", Ground::AllowedOrigin));
}

#[test]
fn an_invisible_character_in_a_host_is_named() {
    let home = with_home("https://my\u{ad}app.com/", Production);
    let portal = Settings { portal_origin: "https://accounts.my\u{200b}app.com".into(), ..settings(Production) };
    let domain = Settings { domain: "my\u{feff}app.com".into(), ..settings(Production) };
    for (settings, field, number) in [
        (home, InstanceField::HomeUrl, "U+00AD"),
        (portal, InstanceField::PortalOrigin, "U+200B"),
        (domain, InstanceField::Domain, "U+FEFF"),
    ] {
        let errors = Instance::parse(&settings, 0).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!((errors[0].field, errors[0].message.contains(number)), (field, true), "{errors:?}");
    }
}

#[test]
fn a_stored_name_with_invisible_characters_is_restored_without_them() {
    for (name, restored) in [("My\u{fe0f}App", "MyApp"), ("\u{3164}\u{ad}", "my-app")] {
        let stored = Settings { name: name.into(), ..settings(Production) };
        assert_eq!(Instance::restore(stored, 1).unwrap().name(), restored);
    }
}

#[test]
fn restoring_fails_where_domain_or_portal_are_no_longer_valid() {
    let domain = Settings { domain: "vercel.app".into(), ..settings(Production) };
    let portal = Settings { portal_origin: "http://accounts.myapp.com".into(), ..settings(Production) };
    for (stored, field) in [(domain, InstanceField::Domain), (portal, InstanceField::PortalOrigin)] {
        let errors = Instance::restore(stored, 0).unwrap_err();
        assert_eq!(errors.iter().map(|error| error.field).collect::<Vec<_>>(), [field]);
    }
}

#[test]
fn what_is_skipped_of_stored_settings_is_named_with_its_reason() {
    let stored = Settings {
        home_url: "https://myapp.com,/start".into(),
        allowed_origins: vec!["https://fine.org".into(), "https://app..example.com".into(), "https://example.xn--com-9o0a".into()],
        ..settings(Production)
    };
    let restored = Instance::restore(stored, 7).unwrap();
    assert_eq!(restored.home_url().as_str(), "https://myapp.com/");
    assert_eq!(restored.allowed_origins().len(), 1);
    let skipped: Vec<_> = restored.skipped().iter().map(|skipped| (skipped.field, skipped.value.as_str())).collect();
    let expected = [
        (InstanceField::AllowedOrigin(1), "https://app..example.com"),
        (InstanceField::AllowedOrigin(2), "https://example.xn--com-9o0a"),
        (InstanceField::HomeUrl, "https://myapp.com,/start"),
    ];
    assert_eq!(skipped, expected);
    assert!(restored.skipped().iter().all(|skipped| skipped.message.contains(' ')));
    assert!(Instance::restore(settings(Production), 1).unwrap().skipped().is_empty());
}

#[test]
fn a_host_that_dns_does_not_carry_is_refused_wherever_it_is_stored() {
    for host in ["myapp.com,", "a..myapp.com", "-a.myapp.com", "a-.myapp.com", "a!.myapp.com"] {
        for environment in [Development, Production] {
            let domain = Settings { domain: host.into(), ..settings(environment) };
            let portal = Settings { portal_origin: format!("https://{host}"), ..settings(environment) };
            assert_eq!(wrong_fields(&domain), [InstanceField::Domain], "{host}");
            assert_eq!(wrong_fields(&portal), [InstanceField::PortalOrigin], "{host}");
            assert_eq!(wrong_fields(&with_home(&format!("https://{host}/"), environment)), [InstanceField::HomeUrl], "{host}");
        }
    }
}

#[test]
fn an_instance_that_cant_be_restored_has_a_stand_in_to_show() {
    let stand_in = |domain: &str, portal: &str| {
        let stored = Settings { domain: domain.into(), portal_origin: portal.into(), ..settings(Production) };
        assert!(Instance::restore(stored.clone(), 3).is_err());
        let instance = Instance::stand_in(&stored, 3).unwrap();
        (instance.domain().to_string(), instance.portal_origin().as_str().to_owned(), instance.version())
    };
    assert_eq!(stand_in("myapp.com,", "https://accounts.myapp.com,"), ("myapp.com".into(), "https://accounts.myapp.com".into(), 3));
    assert_eq!(stand_in("myapp.com", "https://a b"), ("myapp.com".into(), "https://accounts.myapp.com".into(), 3));
    assert_eq!(stand_in("!", "https://login.myapp.com").0, "no-domain.invalid");
}
