//! Cached instances are never used for a line with different settings.

use super::outputs;

/// The target of every line.
fn targets(words: &[&str], lines: &[&str]) -> Vec<String> {
    outputs(words, lines.join("\n")).iter().map(|output| output["target"].as_str().unwrap_or("error").to_owned()).collect()
}

#[test]
fn each_line_is_resolved_for_its_own_instance() {
    let lines = [
        r#"{"domain":"a.com"}"#,
        r#"{"domain":"a.com"}"#,
        r#"{"domain":"b.com"}"#,
        "{}",
        r#"{"domain":"b.com","home_url":"https://b.com/home"}"#,
        r#"{"domain":"b.com"}"#,
        r#"{"domain":"b.com","allowed_origins":["https://c.com"],"home_url":"https://c.com/"}"#,
        r#"{"domain":"b.com","home_url":"https://c.com/"}"#,
        r#"{"domain":"localhost","environment":"development"}"#,
        r#"{"domain":"localhost"}"#,
        "{}",
    ];
    let expected = [
        "https://a.com/",
        "https://a.com/",
        "https://b.com/",
        "https://myapp.com/",
        "https://b.com/home",
        "https://b.com/",
        "https://c.com/",
        "error",
        "https://localhost/",
        "error",
        "https://myapp.com/",
    ];
    assert_eq!(targets(&["--domain=myapp.com", "--flow=sign-in"], &lines), expected);
}

#[test]
fn each_line_has_its_own_fallbacks() {
    let lines = [
        r#"{"fallbacks":{"sign-in":"/a"}}"#,
        r#"{"fallbacks":{"sign-in":"/a"}}"#,
        r#"{"fallbacks":{"sign-in":"/b","logo":"/c"}}"#,
        r#"{"fallbacks":{"logo":"/c","sign-in":" /b "}}"#,
        r#"{"fallbacks":{"logo":"/c"}}"#,
        r#"{"fallbacks":{"sign-in":" "}}"#,
        "{}",
        r#"{"fallbacks":{}}"#,
    ];
    let expected = ["/a", "/a", "/b", "/b", "/", "/", "/flag", "/"].map(|path| format!("https://myapp.com{path}"));
    assert_eq!(targets(&["--domain=myapp.com", "--flow=sign-in", "--fallbacks=sign-in=/flag"], &lines), expected);
}
