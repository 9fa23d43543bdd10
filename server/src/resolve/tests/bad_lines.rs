//! Lines that can't be read: each gets a sentence that names the key, and the lines after it are read.

use serde_json::json;

use super::{answers, error, one, written};

const MYAPP: [&str; 4] = ["--domain", "myapp.com", "--flow", "logo"];

#[test]
fn a_line_that_is_no_object_says_what_it_is() {
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
        assert_eq!(answers(&MYAPP, line)[0]["error"], expected);
    }
}

#[test]
fn a_value_of_another_type_is_named_by_its_key() {
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
fn a_name_that_nobody_knows_or_that_is_there_twice_is_refused_by_name() {
    let unknown = error(&MYAPP, r#"{"redirectUrl":"/"}"#);
    assert!(unknown.starts_with("unknown key \"redirectUrl\"; use one of domain, "), "{unknown}");
    assert!(unknown.ends_with(", fallbacks"), "{unknown}");
    for line in [r#"{"flow":"signin"}"#, r#"{"fallbacks":{"signin":"/"}}"#] {
        let unknown = error(&MYAPP, line);
        assert!(unknown.contains(": unknown flow; use one of sign-up, "), "{unknown}");
    }
    assert_eq!(error(&MYAPP, r#"{"redirect_url":"/a","redirect_url":"/b"}"#), "redirect_url is there twice");
    assert_eq!(error(&MYAPP, r#"{"fallbacks":{"logo":"/a","logo":"/b"}}"#), "fallbacks: logo is there twice");
}

#[test]
fn a_long_name_or_value_is_not_repeated_whole() {
    let long = "x".repeat(100_000);
    assert!(error(&MYAPP, format!("{{\"{long}\":1}}")).contains("use one of domain"));
    assert!(error(&MYAPP, format!("\"{long}\"")).chars().count() < 700);
}

#[test]
fn settings_that_are_wrong_are_named_all_at_once() {
    let line = r#"{"domain":"co.uk","portal_origin":"https://a.com/x","home_url":"x","allowed_origins":["https://a.com","https://*.com"]}"#;
    let error = error(&["--flow", "logo"], line);
    for field in
        ["domain: That is a public suffix", "portal_origin: An origin consists", "home_url: Enter the whole", "allowed_origins[1]: Anyone"]
    {
        assert!(error.contains(field), "{field}: {error}");
    }
}

#[test]
fn a_list_of_origins_that_is_absurdly_long_is_refused_at_once() {
    let origins: Vec<_> = (0..40_000).map(|at| format!("https://{at}.com")).collect();
    let line = json!({ "allowed_origins": origins }).to_string();
    assert_eq!(error(&MYAPP, line), "allowed_origins: there are more than 1000");
}

#[test]
fn what_is_missing_names_its_flag() {
    assert_eq!(error(&[], r#"{"flow":"logo"}"#), "domain is missing; put it into the line, or give --domain for all lines");
    assert_eq!(error(&["--domain", "myapp.com"], "{}"), "flow is missing; put it into the line, or give --flow for all lines");
}

#[test]
fn every_line_gets_its_answer_in_order_and_one_bad_line_is_told() {
    let input = b"\xef\xbb\xbf{\"flow\":\"sign-in\"}\r\n\r\n{\"flow\":\"sign-up\"}\n\xef\xbb\xbf{}\n{\"flow\":\"waitlist\"}";
    let (text, all_read) = written(&MYAPP, input);
    let said: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!all_read);
    assert_eq!(said.len(), 5);
    assert_eq!([&said[0]["flow"], &said[2]["flow"], &said[4]["flow"]], ["sign-in", "sign-up", "waitlist"]);
    assert_eq!([&said[1]["line"], &said[3]["line"]], [2, 4]);
    // A byte-order mark belongs to the beginning of a text only.
    assert_eq!(said[3]["error"], "not JSON: expected value at column 1");
    assert!(text.ends_with("]}\n"));
}

#[test]
fn nothing_in_is_nothing_out() {
    assert_eq!(written(&MYAPP, ""), (String::new(), true));
    assert_eq!(one(&MYAPP, "{}")["source"], "home_url");
}
