//! A whole direct link in place of the flow and the parameters.

use super::{error, one, target};

const PORTAL: [&str; 2] = ["--domain", "myapp.com"];

/// A line with a link.
fn line(link: &str) -> String {
    serde_json::json!({ "link": link }).to_string()
}

#[test]
fn a_link_says_its_flow_and_its_parameters() {
    let link =
        "https://accounts.myapp.com/sign-up/?redirect_url=https%3A%2F%2Fevil.com&sign_up_fallback_redirect_url=/next&email_address=a";
    let answer = one(&PORTAL, line(link));
    assert_eq!(answer["flow"], "sign-up");
    assert_eq!(answer["target"], "https://myapp.com/next");
    assert_eq!(answer["steps"][1]["reason"], "foreign");
}

#[test]
fn of_a_parameter_that_is_there_ten_times_the_first_counts() {
    let pairs: Vec<_> = (0..10).map(|at| format!("redirect_url=/{at}")).collect();
    let link = format!("https://accounts.myapp.com/sign-out?{}", pairs.join("&"));
    assert_eq!(target(&PORTAL, &line(&link)).0, "https://myapp.com/0");
}

#[test]
fn what_begins_no_escape_stays_as_it_is() {
    let answer = one(&PORTAL, line("https://accounts.myapp.com/sign-out?redirect_url=/%ZZ"));
    assert_eq!(answer["steps"][0]["value"], "/%ZZ");
}

#[test]
fn what_is_no_link_to_the_portal_is_said() {
    for (link, expected) in [
        ("accounts.myapp.com/sign-in", "link: That is not a complete link. Start with https://accounts.myapp.com/."),
        ("https://evil.com/sign-in", "link: It leads to https://evil.com. Links to this portal start with https://accounts.myapp.com/."),
        ("", "link is missing; put it into the line, or give --link for all lines"),
    ] {
        assert_eq!(error(&PORTAL, line(link)), expected);
    }
    for (link, start) in [
        ("https://accounts.myapp.com/nowhere", "link: The portal has no page /nowhere."),
        ("https://accounts.myapp.com/user", "link: /user is the profile page. It has no redirect of its own"),
        ("https://accounts.myapp.com/unauthorized-sign-in", "link: /unauthorized-sign-in is the unauthorized sign-in page."),
        (&format!("https://accounts.myapp.com/sign-in?{}", "a".repeat(20_000)), "link: That is too long: 20000 bytes"),
    ] {
        let error = error(&PORTAL, line(link));
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn beside_a_link_nothing_that_it_says_can_stand() {
    for key in [
        "flow",
        "redirect_url",
        "sign_in_force_redirect_url",
        "sign_in_fallback_redirect_url",
        "sign_up_force_redirect_url",
        "sign_up_fallback_redirect_url",
    ] {
        let line = format!("{{\"link\":\"https://accounts.myapp.com/sign-in\",\"{key}\":\"sign-in\"}}");
        assert_eq!(error(&PORTAL, line), format!("{key} can't be beside link, which says it already; leave one of them out"));
    }
}

#[test]
fn flags_for_what_a_link_says_do_not_count_for_a_line_with_a_link() {
    let words = [&PORTAL[..], &["--flow=sign-out", "--redirect-url=/flag", "--requesting-origin=https://other.com"]].concat();
    assert_eq!(target(&words, &line("https://accounts.myapp.com/waitlist")).0, "https://myapp.com/");
    assert_eq!(target(&words, &line("https://accounts.myapp.com/waitlist?redirect_url=https://other.com/")).0, "https://other.com/");
}

#[test]
fn a_link_by_flag_is_for_lines_that_say_nothing_of_the_kind() {
    let words = [&PORTAL[..], &["--link=https://accounts.myapp.com/sign-in?redirect_url=/flag"]].concat();
    assert_eq!(target(&words, "{}").0, "https://myapp.com/flag");
    assert_eq!(
        target(
            &words,
            r#"{"requesting_origin":"https://other.com","domain":"accounts.myapp.com","portal_origin":"https://accounts.myapp.com"}"#
        )
        .0,
        "https://accounts.myapp.com/flag"
    );
    assert_eq!(target(&words, &line("https://accounts.myapp.com/sign-in?redirect_url=/line")).0, "https://myapp.com/line");
    assert_eq!(target(&words, r#"{"flow":"sign-out","redirect_url":"/line"}"#).0, "https://myapp.com/line");
    assert_eq!(target(&words, r#"{"flow":"sign-out"}"#).0, "https://myapp.com/");
    assert!(error(&words, r#"{"redirect_url":"/line"}"#).starts_with("flow is missing"));
}
