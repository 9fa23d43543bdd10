//! The table for people.

use super::written;

const TABLE: [&str; 4] = ["--domain=myapp.com", "--flow=sign-in", "--format=table", "--fallbacks=create-organization=/team"];

#[test]
fn a_table_has_a_row_for_each_line_and_sums_up() {
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
4 links: 2 as asked, 1 refused, 1 could not be read
";
    assert_eq!(written(&TABLE, input), (expected.to_owned(), false));
}

#[test]
fn the_sum_is_written_for_people() {
    let (text, _) = written(&TABLE, "{}\n".repeat(1_034));
    assert_eq!(text.lines().last(), Some("1,034 links: 1,034 as asked, 0 refused, 0 could not be read"));
    let (text, _) = written(&TABLE, "{}");
    assert_eq!(text.lines().last(), Some("1 link: 1 as asked, 0 refused, 0 could not be read"));
}

#[test]
fn nothing_reaches_a_terminal_that_moves_hides_or_turns_around() {
    let (text, _) = written(&TABLE, "{\"\\u001b]0;x\\u0007\u{9b}\u{202e}\":1}\n{\"redirect_url\":\"https://a\\u001b.com\"}");
    assert!(!text.contains(|c: char| c != '\n' && c.is_control() || c == '\u{202e}'), "{text:?}");
}
