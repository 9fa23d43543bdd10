//! Rule 8 of the README's "Redirect rules": after sign-in and sign-up, the portal's own sign-in and sign-up pages are a loop, and after
//! sign-out its sign-out page. A home URL may be none of them.

use super::*;

/// Each value is a loop after sign-in and sign-up, and allowed for the other flows.
#[track_caller]
fn only_sign_in_and_sign_up_refuse(instance: &Instance, requesting: Option<&RequestingOrigin>, ground: Ground, values: &[&str]) {
    for flow in Flow::ALL {
        for value in values {
            let verdict = verdict(instance, flow, requesting, value).map(|(_, ground)| ground);
            let expected = if matches!(flow, Flow::SignIn | Flow::SignUp) { Err(Refusal::Loop) } else { Ok(ground) };
            assert_eq!(verdict, expected, "{flow}, {value:?}");
        }
    }
}

#[test]
fn rule_8_after_sign_in_and_sign_up_the_portals_own_pages_for_them_are_a_loop() {
    only_sign_in_and_sign_up_refuse(
        &production(),
        None,
        Ground::Domain,
        &[
            "https://accounts.myapp.com/sign-in",
            "https://accounts.myapp.com/sign-up",
            "https://accounts.myapp.com/sign-in?redirect_url=https://myapp.com/dashboard",
            "https://accounts.myapp.com/sign-up#start",
            "https://accounts.myapp.com/sign-in/",
            "https://accounts.myapp.com/sign-in/factor-one",
            "https://accounts.myapp.com",
            "https://accounts.myapp.com/sign-up//?x",
            "https://accounts.myapp.com/%73ign-in",
            "https://accounts.myapp.com/sign%2Dup",
            "https://accounts.myapp.com/x/../sign-in",
            "https://accounts.myapp.com/%2e/sign-in",
            "https://accounts.myapp.com:443/sign-in",
            "https://ACCOUNTS.myapp.com/sign-in",
            "https://accounts%2emyapp.com/sign-in",
            "https://accounts.myapp.com\\sign-in",
            "//accounts.myapp.com/sign-in",
        ],
    );
}

#[test]
fn rule_8_other_pages_and_other_hosts_are_no_loop() {
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("https://accounts.myapp.com/user", "https://accounts.myapp.com/user"),
            ("https://accounts.myapp.com/sign-in-help", "https://accounts.myapp.com/sign-in-help"),
            ("https://accounts.myapp.com/help/sign-in", "https://accounts.myapp.com/help/sign-in"),
            ("https://accounts.myapp.com/SIGN-IN", "https://accounts.myapp.com/SIGN-IN"),
            ("https://accounts.myapp.com/sign%252Din", "https://accounts.myapp.com/sign%252Din"),
            ("https://accounts.myapp.com/user?page=/sign-in", "https://accounts.myapp.com/user?page=/sign-in"),
            ("https://accounts.myapp.com:8443/sign-in", "https://accounts.myapp.com:8443/sign-in"),
            ("https://myapp.com/sign-in", "https://myapp.com/sign-in"),
            ("/sign-in", "https://myapp.com/sign-in"),
        ],
    );
    every_flow_allows(&development(), None, Ground::Domain, &[("http://accounts.myapp.com/sign-in", "http://accounts.myapp.com/sign-in")]);
}

#[test]
fn rule_8_follows_a_portal_that_stands_elsewhere() {
    let portal_origin = "https://login.example.com:8443".into();
    let instance = Instance::parse(&Settings { portal_origin, ..settings(Environment::Production) }, 1).unwrap();
    let page = "https://login.example.com:8443/sign-in";
    every_flow_allows(&instance, None, Ground::Domain, &[("//accounts.myapp.com/sign-in", "https://accounts.myapp.com/sign-in")]);
    // Rule 7 comes first: without a ground the portal is foreign. As its own requesting page it has one.
    every_flow_refuses(&instance, None, Refusal::Foreign, &[page]);
    only_sign_in_and_sign_up_refuse(&instance, Some(&origin("https://login.example.com:8443")), Ground::RequestingPage, &[page]);
}

#[test]
fn rule_8_after_sign_out_the_portals_sign_out_page_is_a_loop() {
    let pages = [
        "https://accounts.myapp.com/sign-out",
        "https://accounts.myapp.com/sign-out/",
        "https://accounts.myapp.com/sign-out/now?x",
        "https://accounts.myapp.com/sign%2Dout#x",
        "//ACCOUNTS.myapp.com:443/x/../sign-out",
    ];
    for flow in Flow::ALL {
        for value in pages {
            let verdict = verdict(&production(), flow, None, value).map(|(_, ground)| ground);
            let expected = if flow == Flow::SignOut { Err(Refusal::Loop) } else { Ok(Ground::Domain) };
            assert_eq!(verdict, expected, "{flow}, {value:?}");
        }
    }
}

#[test]
fn rule_8_a_home_url_is_none_of_these_pages_in_any_instance() {
    let paths = ["", "/", "/sign-in", "/sign-up", "/sign-out", "/sign-out/", "/sign-in/factor-one", "/sign-up/tasks?x", "/%73ign-out#x"];
    for environment in Environment::ALL {
        for path in paths {
            let home_url = format!("https://accounts.myapp.com{path}");
            let errors = Instance::parse(&Settings { home_url, ..settings(environment) }, 1).unwrap_err();
            assert_eq!(errors.iter().map(|error| error.field).collect::<Vec<_>>(), [InstanceField::HomeUrl], "{path}");
            assert!(errors[0].message.contains("visitors would go in circles"), "{errors:?}");
        }
    }
    let home_url = "https://accounts.myapp.com/user".into();
    assert!(Instance::parse(&Settings { home_url, ..settings(Environment::Production) }, 1).is_ok());
}

#[test]
fn rule_8_a_stored_home_url_that_is_a_loop_is_skipped_for_the_domains() {
    for path in ["", "/sign-in", "/sign-out", "/sign-up/tasks"] {
        let home_url = format!("https://accounts.myapp.com{path}");
        let restored = Instance::restore(Settings { home_url, ..settings(Environment::Production) }, 1).unwrap();
        assert_eq!(restored.home_url().as_str(), "https://myapp.com/", "{path}");
    }
}

#[test]
fn rule_8_a_portal_at_the_domain_itself_needs_a_home_url_of_its_own() {
    let at_domain = Settings { portal_origin: "https://myapp.com".into(), ..settings(Environment::Production) };
    let errors = Instance::parse(&at_domain, 1).unwrap_err();
    assert_eq!(errors.iter().map(|error| error.field).collect::<Vec<_>>(), [InstanceField::HomeUrl]);
    // One that is stored stays served. Its visitors end at the profile page, where they ended so far.
    let restored = Instance::restore(at_domain.clone(), 1).unwrap();
    assert_eq!(restored.home_url().as_str(), "https://myapp.com/user");
    let home_url = "https://myapp.com/start".into();
    assert!(Instance::parse(&Settings { home_url, ..at_domain }, 1).is_ok());
}
