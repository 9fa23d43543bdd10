//! Rule 7 of the README's "Redirect rules": the grounds on which a target is allowed, and what is allowed on none, for every flow.

use super::*;

#[test]
fn the_domain_covers_its_host_and_every_subdomain_on_any_port() {
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("https://myapp.com", "https://myapp.com/"),
            ("https://app.myapp.com/x?y#z", "https://app.myapp.com/x?y#z"),
            ("https://a.b.c.myapp.com/", "https://a.b.c.myapp.com/"),
            ("https://evil.com.myapp.com/", "https://evil.com.myapp.com/"),
            ("https://myapp.com:8443/", "https://myapp.com:8443/"),
            ("https://myapp.com:443/", "https://myapp.com/"),
            ("//app.myapp.com/x", "https://app.myapp.com/x"),
            ("\\\\app.myapp.com\\x", "https://app.myapp.com/x"),
            ("/\t/app.myapp.com", "https://app.myapp.com/"),
        ],
    );
}

#[test]
fn the_domain_is_compared_with_the_host_that_browsers_make_of_any_spelling() {
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("https://MyApp.COM/", "https://myapp.com/"),
            ("https://ｍｙａｐｐ.com/", "https://myapp.com/"),
            ("https://myapp\u{3002}com/", "https://myapp.com/"),
            ("https://myapp\u{ff0e}com/", "https://myapp.com/"),
            ("https://my\u{ad}app.com/", "https://myapp.com/"),
            ("https://%6dyapp.com/", "https://myapp.com/"),
            ("https://app%2emyapp.com/", "https://app.myapp.com/"),
            ("https://app%E3%80%82myapp.com/", "https://app.myapp.com/"),
            ("https://münchen.myapp.com/", "https://xn--mnchen-3ya.myapp.com/"),
        ],
    );
}

#[test]
fn the_target_is_the_whole_url_because_its_path_alone_could_lead_away() {
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("https://myapp.com//evil.com", "https://myapp.com//evil.com"),
            ("https://myapp.com/\\evil.com", "https://myapp.com//evil.com"),
            ("https://myapp.com/%2e%2e//evil.com", "https://myapp.com//evil.com"),
            ("/.//evil.com", "https://myapp.com//evil.com"),
            ("..\\\\evil.com", "https://myapp.com//evil.com"),
        ],
    );
}

#[test]
fn what_only_looks_like_the_domain_or_like_a_path_is_foreign() {
    let refused = [
        "https://evil.com",
        "https://evilmyapp.com/",
        "https://myapp.com.evil.com/",
        "https://myapp.co/",
        "https://com/",
        "https://myapp.com./",
        "https://myapp.com%2e/",
        "https://myapp.com\u{3002}/",
        "https://app.myapp.com./",
        "https://.myapp.com/",
        "https://evil.com\\.myapp.com/",
        "https://evil.com?.myapp.com/",
        "https://evil.com#.myapp.com/",
        "https://evil\u{3002}com/.myapp.com",
        "https://m\u{443}app.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "//evil.com",
        "\\\\evil.com",
        "\\\\\\evil.com",
        "/\\evil.com",
        "\\/evil.com",
        "/\\//evil.com",
        "/\t/evil.com",
        "/\n/evil.com",
        "/\r\\evil.com",
        "\t//evil.com",
        " //evil.com",
        "//evil.com/..//myapp.com",
    ];
    every_flow_refuses(&production(), None, Refusal::Foreign, &refused);
    every_flow_refuses(&development(), None, Refusal::Foreign, &refused);
}

#[test]
fn an_allowed_origin_matches_its_scheme_host_and_port() {
    let allowing = production_allowing(&["https://example.com:8443", "https://münchen.de"]);
    every_flow_allows(
        &allowing,
        None,
        Ground::AllowedOrigin,
        &[
            ("https://Example.com:8443/x", "https://example.com:8443/x"),
            ("//ｅxample.com:8443", "https://example.com:8443/"),
            ("https://xn--mnchen-3ya.de:443", "https://xn--mnchen-3ya.de/"),
        ],
    );
    let refused = ["https://example.com/", "https://example.com:8444/", "https://app.example.com:8443/", "https://example.com.:8443/"];
    every_flow_refuses(&allowing, None, Refusal::Foreign, &refused);
    every_flow_refuses(&allowing, None, Refusal::Insecure, &["http://example.com:8443/"]);
    let allowing = instance(Environment::Development, &["http://example.com"]);
    every_flow_refuses(&allowing, None, Refusal::Foreign, &["https://example.com/"]);
}

#[test]
fn a_pattern_matches_one_or_more_labels_below_its_own_name() {
    let allowing = production_allowing(&["https://*.my-project.pages.dev", "https://*.preview.myapp.dev:8443"]);
    every_flow_allows(
        &allowing,
        None,
        Ground::AllowedOrigin,
        &[
            ("https://a.my-project.pages.dev", "https://a.my-project.pages.dev/"),
            ("https://a.b.my-project.pages.dev/x", "https://a.b.my-project.pages.dev/x"),
            ("https://PR-1.preview.myapp.dev:8443", "https://pr-1.preview.myapp.dev:8443/"),
        ],
    );
    every_flow_refuses(
        &allowing,
        None,
        Refusal::Foreign,
        &[
            "https://my-project.pages.dev/",
            "https://evil.vercel.app/",
            "https://evil-my-project.pages.dev/",
            "https://a.my-project.pages.dev:8443/",
            "https://a.my-project.pages.dev./",
            "https://.my-project.pages.dev/",
            "https://a..my-project.pages.dev/",
            "https://a.my-project.pages.dev.evil.com/",
            "https://pr-1.preview.myapp.dev/",
        ],
    );
    let allowing = instance(Environment::Development, &["https://*.preview.myapp.dev:8443"]);
    every_flow_refuses(&allowing, None, Refusal::Foreign, &["http://pr-1.preview.myapp.dev:8443/"]);
}

#[test]
fn a_pattern_right_below_a_public_suffix_cannot_be_stored() {
    for pattern in ["https://*.vercel.app", "https://*.github.io", "https://*.co.uk", "https://*.com", "https://*.VERCEL\u{3002}app:8443"] {
        for environment in [Environment::Development, Environment::Production] {
            let allowed_origins = vec![pattern.into()];
            let errors = Instance::parse(&Settings { allowed_origins, ..settings(environment) }, 0).unwrap_err();
            assert!(errors.iter().all(|error| matches!(error.field, InstanceField::AllowedOrigin(_))), "{pattern}: {errors:?}");
        }
    }
}

#[test]
fn an_ip_address_matches_only_itself_in_any_spelling() {
    let instance = instance(Environment::Development, &["http://127.0.0.1:3000", "http://[::1]:3000"]);
    for value in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "0X7F.1",
        "2130706433",
        "0177.0.0.1",
        "１２７.０.０.１",
        "127\u{3002}0.0.1",
        "127.0.0.1.",
        "%31%327.1",
    ] {
        let value = format!("http://{value}:3000/x");
        every_flow_allows(&instance, None, Ground::AllowedOrigin, &[(&value, "http://127.0.0.1:3000/x")]);
    }
    every_flow_allows(&instance, None, Ground::AllowedOrigin, &[("http://[0:0::1]:3000", "http://[::1]:3000/")]);
    every_flow_refuses(
        &instance,
        None,
        Refusal::Foreign,
        &[
            "http://127.0.0.2:3000/",
            "http://127.0.0.1:3001/",
            "https://127.0.0.1:3000/",
            "http://[::ffff:127.0.0.1]:3000/",
            "http://127.0.0.1.evil.com:3000/",
            "http://localhost:3000/",
        ],
    );
    every_flow_refuses(&instance, None, Refusal::NotAUrl, &["http://1.127.0.0.1:3000/", "http://127.0.0.256:3000/"]);
}

#[test]
fn the_requesting_page_can_send_its_visitor_to_its_own_origin_only() {
    let requesting = origin("http://localhost:5173");
    let target = "http://localhost:5173/x";
    every_flow_allows(
        &development(),
        Some(&requesting),
        Ground::RequestingPage,
        &[(target, target), ("http:\\\\LocalHost:05173", "http://localhost:5173/")],
    );
    every_flow_refuses(
        &development(),
        Some(&requesting),
        Refusal::Foreign,
        &["http://localhost:5174/", "https://localhost:5173/", "http://localhost/", "http://app.localhost:5173/", "http://127.0.0.1:5173/"],
    );
    every_flow_refuses(&production(), Some(&requesting), Refusal::Insecure, &[target]);
    let requesting = origin("https://app.example.com");
    let target = "https://app.example.com/welcome";
    every_flow_allows(&production(), Some(&requesting), Ground::RequestingPage, &[(target, target)]);
    every_flow_refuses(&production(), None, Refusal::Foreign, &[target]);
}

#[test]
fn the_requesting_origin_null_and_what_is_no_web_origin_match_nothing() {
    for text in [
        "null",
        "",
        "*",
        "data:",
        "file://",
        "exp://192.168.1.100:8081",
        "ws://a.com",
        "https://a.com/path",
        "https://nick@a.com",
        "https:a.com",
    ] {
        assert_eq!(RequestingOrigin::parse(text), None, "{text:?}");
    }
    every_flow_refuses(&production(), None, Refusal::Scheme, &["data:text/html,x", "blob:null/3f6b"]);
    every_flow_refuses(&production(), None, Refusal::Foreign, &["https://null/", "//null"]);
}

#[test]
fn the_first_ground_in_their_order_counts() {
    let target = "https://app.myapp.com/";
    let requesting = origin("https://app.myapp.com");
    every_flow_allows(&production_allowing(&["https://app.myapp.com"]), Some(&requesting), Ground::Domain, &[(target, target)]);
    let target = "https://example.com/";
    let requesting = origin("https://example.com");
    every_flow_allows(&production_allowing(&["https://example.com"]), Some(&requesting), Ground::AllowedOrigin, &[(target, target)]);
}
