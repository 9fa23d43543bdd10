//! Flags set the default of each key; a value in the line replaces it.

use super::{Cli, Parser as _, error, one, outputs, target};

/// A target and its source.
fn at(target: &str, source: &str) -> (String, String) {
    (target.to_owned(), source.to_owned())
}

#[test]
fn a_line_can_set_everything() {
    let line = r#"{"domain":"myapp.com","environment":"development","portal_origin":"http://localhost:1","home_url":"http://localhost:5173/",
        "allowed_origins":["http://localhost:5173"],"fallbacks":{"sign-in":"/welcome"},"flow":"sign-in","redirect_url":"https://evil.com",
        "requesting_origin":"https://other.com"}"#;
    assert_eq!(target(&[], &line.replace('\n', " ")), at("http://localhost:5173/welcome", "fallback"));
}

#[test]
fn flags_apply_to_lines_without_the_key() {
    let words = [
        "--domain=myapp.com",
        "--environment=development",
        "--home-url=http://localhost:5173/",
        "--allowed-origins=http://localhost:5173,https://a.com",
        "--allowed-origins=https://b.com",
        "--fallbacks=sign-in=/in?a=b",
        "--fallbacks=sign-up=/up",
        "--flow=sign-in",
    ];
    assert_eq!(target(&words, "{}"), at("http://localhost:5173/in?a=b", "fallback"));
    assert_eq!(target(&words, r#"{"flow":"sign-up"}"#), at("http://localhost:5173/up", "fallback"));
    assert_eq!(target(&words, r#"{"redirect_url":"https://b.com"}"#), at("https://b.com/", "redirect_url"));
    assert_eq!(target(&words, r#"{"redirect_url":"https://a.com"}"#), at("https://a.com/", "redirect_url"));
    // A value in the line replaces the whole default.
    assert_eq!(target(&words, r#"{"fallbacks":{"sign-up":"/other"}}"#), at("http://localhost:5173/", "home_url"));
    assert!(error(&words, r#"{"allowed_origins":[]}"#).starts_with("home_url: localhost is not on myapp.com."));
}

#[test]
fn localhost_with_any_port_is_an_allowed_origin_in_development() {
    let line = r#"{"redirect_url":"http://localhost:4321/x"}"#;
    let words = ["--domain=myapp.com", "--flow=sign-in", "--allowed-origins=http://localhost:*", "--environment=development"];
    assert_eq!(target(&words, line), at("http://localhost:4321/x", "redirect_url"));
    assert!(error(&words[..3], line).starts_with("allowed_origins"), "{}", error(&words[..3], line));
}

#[test]
fn one_flag_can_set_the_fallbacks_of_several_flows() {
    for (flag, sign_in, sign_up) in [
        ("--fallbacks=sign-in=/x,sign-up=/y", "/x", "/y"),
        ("--fallbacks=sign-up=https://myapp.com/y, sign-in=/x", "/x", "/y"),
        ("--fallbacks=sign-in=/x,1?a=b,c=2", "/x,1?a=b,c=2", "/"),
    ] {
        for (flow, path) in [("sign-in", sign_in), ("sign-up", sign_up)] {
            assert_eq!(target(&["--domain=myapp.com", "--flow", flow, flag], "{}").0, format!("https://myapp.com{path}"), "{flag}");
        }
    }
}

#[test]
fn a_fallback_that_the_dashboard_refuses_is_refused() {
    for (value, said) in [
        ("myapp.com/welcome", "fallbacks: sign-in: That is not a URL."),
        ("https://evil.com", "fallbacks: sign-in: evil.com is not on myapp.com."),
        ("https://accounts.myapp.com/sign-in", "fallbacks: sign-in: That is the portal's own"),
        ("http://myapp.com/", "fallbacks: sign-in: Production requires https."),
    ] {
        let flag = format!("--fallbacks=sign-in={value}");
        let own = format!("{{\"fallbacks\":{{\"sign-in\":\"{value}\"}}}}");
        for error in [error(&["--domain=myapp.com", "--flow=logo", &flag], "{}"), error(&["--domain=myapp.com", "--flow=sign-in"], own)] {
            assert!(error.starts_with(said), "{value}: {error}");
        }
    }
    // The instance of each line decides, not that of the line before.
    let lines =
        [r#"{"domain":"a.com","fallbacks":{"logo":"https://a.com/"}}"#, r#"{"domain":"b.com","fallbacks":{"logo":"https://a.com/"}}"#];
    let outputs = outputs(&["--flow=logo"], [lines[0], lines[1], lines[0]].join("\n"));
    assert_eq!(outputs[0]["target"], "https://a.com/");
    assert!(outputs[1]["error"].as_str().unwrap().starts_with("fallbacks: logo: a.com is not on b.com."));
    assert_eq!(outputs[2]["target"], "https://a.com/");
}

#[test]
fn every_parameter_of_a_link_has_its_flag_in_both_spellings() {
    for (flag, flow, source) in [
        ("--redirect-url", "sign-out", "redirect_url"),
        ("--redirect_url", "sign-in", "redirect_url"),
        ("--sign-in-force-redirect-url", "sign-in", "force_param"),
        ("--sign_in_force_redirect_url", "sign-in", "force_param"),
        ("--sign-in-fallback-redirect-url", "sign-in", "fallback_param"),
        ("--sign_in_fallback_redirect_url", "sign-in", "fallback_param"),
        ("--sign-up-force-redirect-url", "sign-up", "force_param"),
        ("--sign_up_force_redirect_url", "sign-up", "force_param"),
        ("--sign-up-fallback-redirect-url", "sign-up", "fallback_param"),
        ("--sign_up_fallback_redirect_url", "sign-up", "fallback_param"),
    ] {
        let words = ["--domain", "myapp.com", "--flow", flow, flag, "/there"];
        assert_eq!(target(&words, "{}"), at("https://myapp.com/there", source), "{flag}");
        let key = flag.trim_start_matches("--").replace('-', "_");
        assert_eq!(target(&words[..4], &format!("{{\"{key}\":\"/there\"}}")), at("https://myapp.com/there", source), "{key}");
    }
}

#[test]
fn the_default_environment_is_production() {
    let line = r#"{"domain":"myapp.com","flow":"sign-in","redirect_url":"http://myapp.com/"}"#;
    assert_eq!(target(&[], line).1, "home_url");
    assert_eq!(target(&["--environment", "development"], line).1, "redirect_url");
}

#[test]
fn null_means_missing_and_a_blank_value_removes_the_default() {
    let words = ["--domain=myapp.com", "--flow=sign-in", "--redirect-url=/x", "--fallbacks=sign-in=/y", "--portal-origin=https://a.com"];
    let all_null = r#"{"domain":null,"environment":null,"portal_origin":null,"home_url":null,"allowed_origins":null,"fallbacks":null,
        "flow":null,"redirect_url":null,"requesting_origin":null,"link":null}"#;
    assert_eq!(one(&words, all_null.replace('\n', " ")), one(&words, "{}"));
    assert_eq!(target(&words, "{}").0, "https://myapp.com/x");
    assert_eq!(target(&words, r#"{"redirect_url":" "}"#).0, "https://myapp.com/y");
    assert_eq!(target(&words, r#"{"redirect_url":"","fallbacks":{"sign-in":null}}"#).0, "https://myapp.com/");
}

#[test]
fn a_requesting_origin_counts_like_an_origin_header_and_the_text_null_never_does() {
    let words = ["--domain=myapp.com", "--flow=sign-in", "--redirect-url=https://other.com/x"];
    for (origin, source) in [
        ("https://other.com", "redirect_url"),
        ("https://other.com:8443", "home_url"),
        ("http://other.com", "home_url"),
        ("null", "home_url"),
        ("", "home_url"),
        ("other.com", "home_url"),
    ] {
        assert_eq!(target(&words, &format!("{{\"requesting_origin\":\"{origin}\"}}")).1, source, "{origin}");
        let flag = format!("--requesting-origin={origin}");
        assert_eq!(target(&[&words[..], &[&flag]].concat(), "{}").1, source, "{origin}");
    }
}

#[test]
fn contradictory_flags_are_a_usage_error() {
    for words in [
        &["--instance", "myapp", "--domain", "myapp.com"][..],
        &["--instance", "myapp", "--fallbacks", "sign-in=/"],
        &["--instance", "myapp", "--allowed-origins", "https://a.com"],
        &["--link", "https://accounts.myapp.com/sign-in", "--flow", "sign-in"],
        &["--link", "https://accounts.myapp.com/sign-in", "--redirect-url", "/"],
        &["--flow", "signin"],
        &["--environment", "staging"],
        &["--fallbacks", "/welcome"],
        &["--fallbacks", "signin=/welcome"],
        &["--fallbacks", "sign-in=/welcome,signup=/x"],
        &["--format", "yaml"],
    ] {
        assert!(Cli::try_parse_from(["portal-redirects", "resolve"].iter().chain(words)).is_err(), "{words:?}");
    }
}
