//! The output for people.

use super::written;

const TABLE: [&str; 4] = ["--domain=myapp.com", "--flow=sign-in", "--format=table", "--fallbacks=create-organization=/team"];

#[test]
fn the_table_has_a_row_per_line_and_a_summary() {
    let input = r#"{"redirect_url":"https://myapp.com/dashboard"}
{"redirect_url":"https://evil.com"}
{"flow":"create-organization"}
{"flow":"sign-on"}
"#;
    let expected = "   line  result   flow                 source          target
      1  ok       sign-in              redirect_url    https://myapp.com/dashboard
      2  refused  sign-in              home_url        https://myapp.com/
                  redirect_url: evil.com is not on myapp.com. Use a URL on myapp.com, or add this origin under Settings.
      3  ok       create-organization  fallback        https://myapp.com/team
      4  error    flow: unknown flow; use one of sign-up, sign-in, sign-out, logo, create-organization, leave-organization, waitlist
4 links: 2 ok, 1 refused, 1 error
";
    assert_eq!(written(&TABLE, input), (expected.to_owned(), false));
}

#[test]
fn advice_stands_below_its_row() {
    let words = ["--domain=myapp.com", "--format=table"];
    let input = r#"{"link":"https://accounts.myapp.com/sign-in?redirect_url=/app#/orders"}
{"link":"https://accounts.myapp.com/signin"}"#;
    let (text, _) = written(&words, input);
    let expected = "      1  ok       sign-in              redirect_url    https://myapp.com/app
                  advice: #/orders is cut off from redirect_url. Write a # inside a URL as %23.
                  corrected link: https://accounts.myapp.com/sign-in?redirect_url=%2Fapp%23%2Forders
      2  error    link: The portal has no page /signin.";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("\n                  corrected link: https://accounts.myapp.com/sign-in\n"), "{text}");
}

#[test]
fn the_summary_groups_digits_and_uses_the_singular() {
    let (text, _) = written(&TABLE, "{}\n".repeat(1_034));
    assert_eq!(text.lines().last(), Some("1,034 links: 1,034 ok, 0 refused, 0 errors"));
    let (text, _) = written(&TABLE, "{}");
    assert_eq!(text.lines().last(), Some("1 link: 1 ok, 0 refused, 0 errors"));
}

#[test]
fn control_and_bidi_characters_never_reach_the_terminal() {
    let (text, _) = written(&TABLE, "{\"\\u001b]0;x\\u0007\u{9b}\u{202e}\":1}\n{\"redirect_url\":\"https://a\\u001b.com\"}");
    assert!(!text.contains(|c: char| c != '\n' && c.is_control() || c == '\u{202e}'), "{text:?}");
}
