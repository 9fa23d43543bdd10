//! Rules 1 to 6 of "When a URL is allowed": for every flow, what breaks a rule and what just keeps it.

use super::*;

/// `start`, followed by `fill` until it is `bytes` bytes long.
fn filled(start: &str, fill: &str, bytes: usize) -> String {
    format!("{start}{}", fill.repeat((bytes - start.len()) / fill.len()))
}

#[test]
fn rule_1_a_url_of_2048_bytes_is_allowed_and_with_one_byte_more_it_is_too_long() {
    let longest = filled("https://myapp.com/", "a", 2048);
    every_flow_allows(&production(), None, Ground::Domain, &[(&longest, &longest)]);
    every_flow_refuses(
        &production(),
        None,
        Refusal::TooLong,
        &[
            &filled("https://myapp.com/", "a", 2049),
            &filled("https://evil.com/", "a", 2049),
            &filled("javascript:", "a", 2049),
            &filled("///", "a", 2049),
            // The limit counts the bytes as given. The parser drops the tabs and soft hyphens, and the latter have two bytes each.
            &filled("https://myapp.com/", "\t", 2049),
            &(filled("https://a.my", "\u{ad}", 2042) + "app.com"),
        ],
    );
}

#[test]
fn rule_1_holds_for_the_url_that_is_sent_out_too() {
    let longest = filled("/", "a", 2048 - "https://myapp.com".len());
    every_flow_allows(&production(), None, Ground::Domain, &[(&longest, &format!("https://myapp.com{longest}"))]);
    every_flow_refuses(&production(), None, Refusal::TooLong, &[&format!("{longest}a"), &"é".repeat(400)]);
}

#[test]
fn rule_2_what_no_browser_can_read_is_not_a_url() {
    every_flow_refuses(
        &production(),
        None,
        Refusal::NotAUrl,
        &[
            "//",
            "///evil.com",
            "////evil.com",
            "///myapp.com",
            "https://",
            "https:///",
            "https://my app.com/",
            "https://myapp.com:99999/",
            "https://myapp.com:443x/",
            "https://[::1",
            "https://1.2.3.4.5/",
            "https://myapp.com|evil.com/",
            "https://myapp.com%2f.evil.com/",
            "https://evil.com%00.myapp.com/",
            "https://evil.com%23.myapp.com/",
            "https://evil.com\u{ff0f}.myapp.com/",
            "https://xn--a.myapp.com/",
        ],
    );
}

#[test]
fn rule_2_a_relative_value_is_a_place_in_the_application() {
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("", "https://myapp.com/"),
            ("/dashboard", "https://myapp.com/dashboard"),
            ("dashboard", "https://myapp.com/dashboard"),
            ("../../x", "https://myapp.com/x"),
            ("?tab=billing", "https://myapp.com/?tab=billing"),
            ("#plan", "https://myapp.com/#plan"),
            ("@evil.com", "https://myapp.com/@evil.com"),
            (".evil.com", "https://myapp.com/.evil.com"),
            // Values are decoded once, not twice.
            ("/%09/evil.com", "https://myapp.com/%09/evil.com"),
            ("/%2fevil.com", "https://myapp.com/%2fevil.com"),
            ("/%5cevil.com", "https://myapp.com/%5cevil.com"),
            ("%2f%2fevil.com", "https://myapp.com/%2f%2fevil.com"),
            ("https%3a//evil.com", "https://myapp.com/https%3a//evil.com"),
        ],
    );
    every_flow_allows(&local(), None, Ground::Domain, &[("/dashboard", "http://localhost:3000/dashboard")]);
}

#[test]
fn rule_3_what_means_another_place_without_the_base_is_ambiguous() {
    every_flow_refuses(
        &production(),
        None,
        Refusal::Ambiguous,
        &[
            "https:evil.com",
            "https:myapp.com",
            "https:/evil.com",
            "https:/\tevil.com",
            "HTTPS:evil.com",
            "\thttps:evil.com",
            "ht\ntps:evil.com",
            "https:dashboard",
            "https:?x",
            "https:",
        ],
    );
    // The meaning depends on the scheme of the base.
    every_flow_refuses(&local(), None, Refusal::Ambiguous, &["http:evil.com", "http:localhost", "http:"]);
    every_flow_refuses(&local(), None, Refusal::Foreign, &["https:evil.com"]);
}

#[test]
fn rule_3_what_means_the_same_place_either_way_is_not_ambiguous() {
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("https:\\\\myapp.com\\x", "https://myapp.com/x"),
            ("https:/\\myapp.com", "https://myapp.com/"),
            ("https:/\t/myapp.com", "https://myapp.com/"),
            ("https:////myapp.com/x", "https://myapp.com/x"),
            ("h\tt\ntps://my\rapp.com/", "https://myapp.com/"),
            (" https://myapp.com/x \n", "https://myapp.com/x"),
        ],
    );
    every_flow_refuses(&production(), None, Refusal::Foreign, &["https:\\\\evil.com", "https:/\t/evil.com", "https:///evil.com"]);
}

#[test]
fn rule_4_only_http_and_https_are_schemes_of_a_target() {
    let refused = [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "\u{1}java\nscript:alert(1)",
        "JavaScript://myapp.com/%0aalert(1)",
        "javascript://nick@myapp.com/",
        "data:text/html,x",
        "blob:https://myapp.com/3f6b",
        "myapp:",
        "myapp://callback",
        "mailto:nick@myapp.com",
        "file:///etc/passwd",
        "ws://myapp.com/",
        "wss://myapp.com/",
        "ftp://myapp.com/",
        "httpss://myapp.com/",
        "myapp.com:443/dashboard",
        "localhost:3000/dashboard",
    ];
    every_flow_refuses(&production(), None, Refusal::Scheme, &refused);
    every_flow_refuses(&local(), None, Refusal::Scheme, &refused);
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("HTTPS://myapp.com", "https://myapp.com/"),
            ("/javascript:alert(1)", "https://myapp.com/javascript:alert(1)"),
            ("1javascript:alert(1)", "https://myapp.com/1javascript:alert(1)"),
            ("%6aavascript:alert(1)", "https://myapp.com/%6aavascript:alert(1)"),
        ],
    );
}

#[test]
fn rule_5_a_user_name_or_password_is_refused_whoever_the_host_is() {
    let refused = [
        "https://nick@myapp.com/",
        "https://nick:secret@myapp.com/",
        "https://:secret@myapp.com/",
        "https://myapp.com@evil.com/",
        "https://myapp.com%2f@evil.com/",
        "https://evil.com%5c@myapp.com/",
        "//nick@myapp.com/",
        "\\\\nick@myapp.com/",
        "http://nick@myapp.com/",
    ];
    every_flow_refuses(&production(), None, Refusal::Credentials, &refused);
    every_flow_refuses(&development(), None, Refusal::Credentials, &refused);
    every_flow_allows(
        &production(),
        None,
        Ground::Domain,
        &[
            ("https://@myapp.com/", "https://myapp.com/"),
            ("https://:@myapp.com/", "https://myapp.com/"),
            ("https://myapp.com/@nick", "https://myapp.com/@nick"),
            ("https://myapp.com?to=nick@evil.com", "https://myapp.com/?to=nick@evil.com"),
            ("https://myapp.com#@evil.com", "https://myapp.com/#@evil.com"),
            ("https://myapp.com\\@evil.com", "https://myapp.com/@evil.com"),
        ],
    );
    every_flow_refuses(&production(), None, Refusal::Foreign, &["https://evil.com\\@myapp.com", "https://evil.com/@myapp.com"]);
}

#[test]
fn rule_6_http_is_refused_in_production_and_fine_in_development() {
    let requesting = origin("http://evil.com");
    let values = ["http://myapp.com/", "HTTP://app.myapp.com/", "http:\\\\myapp.com", "http:myapp.com", "http://evil.com/"];
    every_flow_refuses(&production(), Some(&requesting), Refusal::Insecure, &values);
    every_flow_allows(
        &development(),
        None,
        Ground::Domain,
        &[("http://myapp.com/", "http://myapp.com/"), ("http:\\\\app.myapp.com:3000", "http://app.myapp.com:3000/")],
    );
    every_flow_allows(&production(), None, Ground::Domain, &[("https://myapp.com/", "https://myapp.com/")]);
}
