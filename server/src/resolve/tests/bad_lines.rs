//! Lines that are not valid: each gets a sentence that names the key, and later lines are still resolved.

use serde_json::json;

use super::{error, one, outputs, written};

const MYAPP: [&str; 4] = ["--domain", "myapp.com", "--flow", "logo"];

#[test]
fn a_line_that_is_not_an_object_gets_an_error() {
    for (line, expected) in [
        (&b"flow=sign-in"[..], "not JSON: expected ident at column 2"),
        (b"{\"flow\":", "not JSON: EOF while parsing a value at column 8"),
        (b"{\"flow\":nil}", "not JSON: expected ident at column 10"),
        (b"{} {}", "not JSON: trailing characters at column 4"),
        (b"{\"flow\":\"a\nb\"}", "not JSON: EOF while parsing a string at column 10"),
        (b"{\"flow\":\"a\tb\"}", "not JSON: control character (\\u0000-\\u001F) found while parsing a string at column 11"),
        (b"[]", "invalid type: sequence, expected an object"),
        (b"\"{}\"", "invalid type: string \"{}\", expected an object"),
        (b"null", "invalid type: null, expected an object"),
        (b"{\"flow\":\"\xff\"}", "not UTF-8 at byte 10"),
        (b"\xff\xfe{\0}\0", "not UTF-8 at byte 1"),
        (b" \t\r", "the line is blank; write one JSON object on each line"),
    ] {
        assert_eq!(outputs(&MYAPP, line)[0]["error"], expected);
    }
}

#[test]
fn a_value_of_the_wrong_type_is_reported_with_its_key() {
    for (line, expected) in [
        (r#"{"domain":5}"#, "domain: invalid type: integer `5`, expected a string"),
        (r#"{"redirect_url":["a"]}"#, "redirect_url: invalid type: sequence, expected a string"),
        (r#"{"allowed_origins":"https://a.com"}"#, "allowed_origins: invalid type: string \"https://a.com\", expected a sequence"),
        (r#"{"allowed_origins":[null]}"#, "allowed_origins: invalid type: null, expected a string"),
        (r#"{"fallbacks":["/"]}"#, "fallbacks: invalid type: sequence, expected an object of URLs by flow"),
        (r#"{"fallbacks":{"sign-in":true}}"#, "fallbacks: invalid type: boolean `true`, expected a string"),
        (r#"{"environment":"staging"}"#, "environment: Choose development or production."),
    ] {
        assert_eq!(error(&MYAPP, line), expected);
    }
}

#[test]
fn an_unknown_or_duplicate_key_is_reported_by_name() {
    let unknown = error(&MYAPP, r#"{"redirectUrl":"/"}"#);
    assert!(unknown.starts_with("unknown key \"redirectUrl\"; use one of domain, "), "{unknown}");
    assert!(unknown.ends_with(", fallbacks"), "{unknown}");
    for line in [r#"{"flow":"signin"}"#, r#"{"fallbacks":{"signin":"/"}}"#] {
        let unknown = error(&MYAPP, line);
        assert!(unknown.contains(": unknown flow; use one of sign-up, "), "{unknown}");
    }
    assert_eq!(error(&MYAPP, r#"{"redirect_url":"/a","redirect_url":"/b"}"#), "duplicate key redirect_url");
    assert_eq!(error(&MYAPP, r#"{"fallbacks":{"logo":"/a","logo":"/b"}}"#), "fallbacks: duplicate flow logo");
}

#[test]
fn a_long_key_or_value_is_not_quoted_whole() {
    let long = "x".repeat(100_000);
    assert!(error(&MYAPP, format!("{{\"{long}\":1}}")).contains("use one of domain"));
    assert!(error(&MYAPP, format!("\"{long}\"")).chars().count() < 700);
}

#[test]
fn all_invalid_settings_are_reported_at_once() {
    let line = r#"{"domain":"co.uk","portal_origin":"https://a.com/x","home_url":"x","allowed_origins":["https://a.com","https://*.com"]}"#;
    let error = error(&["--flow", "logo"], line);
    for field in
        ["domain: That is a public suffix", "portal_origin: An origin consists", "home_url: Enter the whole", "allowed_origins[1]: Anyone"]
    {
        assert!(error.contains(field), "{field}: {error}");
    }
}

#[test]
fn a_list_of_too_many_origins_is_refused() {
    let origins: Vec<_> = (0..40_000).map(|at| format!("https://{at}.com")).collect();
    let line = json!({ "allowed_origins": origins }).to_string();
    assert_eq!(error(&MYAPP, line), "allowed_origins: more than 1000 origins");
}

#[test]
fn a_missing_key_is_reported_with_its_flag() {
    assert_eq!(error(&[], r#"{"flow":"logo"}"#), "domain is missing; add it to the line, or set --domain for all lines");
    assert_eq!(error(&["--domain", "myapp.com"], "{}"), "flow is missing; add it to the line, or set --flow for all lines");
}

#[test]
fn every_line_gets_its_output_in_order_even_after_an_error() {
    let input = b"\xef\xbb\xbf{\"flow\":\"sign-in\"}\r\n\r\n{\"flow\":\"sign-up\"}\n\xef\xbb\xbf{}\n{\"flow\":\"waitlist\"}";
    let (text, all_valid) = written(&MYAPP, input);
    let outputs: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!all_valid);
    assert_eq!(outputs.len(), 5);
    assert_eq!([&outputs[0]["flow"], &outputs[2]["flow"], &outputs[4]["flow"]], ["sign-in", "sign-up", "waitlist"]);
    assert_eq!([&outputs[1]["line"], &outputs[3]["line"]], [2, 4]);
    // A byte order mark is only valid at the start of the input.
    assert_eq!(outputs[3]["error"], "not JSON: expected value at column 1");
    assert!(text.ends_with("]}\n"));
}

#[test]
fn an_empty_input_gives_an_empty_output() {
    assert_eq!(written(&MYAPP, ""), (String::new(), true));
    assert_eq!(one(&MYAPP, "{}")["source"], "home_url");
}
