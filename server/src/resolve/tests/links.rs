//! A complete direct link instead of the flow and the redirect parameters.

use super::{error, one, target};

const PORTAL: [&str; 2] = ["--domain", "myapp.com"];

/// A line with a link.
fn line(link: &str) -> String {
    serde_json::json!({ "link": link }).to_string()
}

#[test]
fn a_link_sets_the_flow_and_the_parameters() {
    let link =
        "https://accounts.myapp.com/sign-up/?redirect_url=https%3A%2F%2Fevil.com&sign_up_fallback_redirect_url=/next&email_address=a";
    let output = one(&PORTAL, line(link));
    assert_eq!(output["flow"], "sign-up");
    assert_eq!(output["target"], "https://myapp.com/next");
    assert_eq!(output["steps"][1]["reason"], "foreign");
}

#[test]
fn the_first_of_a_repeated_parameter_counts() {
    let pairs: Vec<_> = (0..10).map(|at| format!("redirect_url=/{at}")).collect();
    let link = format!("https://accounts.myapp.com/sign-out?{}", pairs.join("&"));
    assert_eq!(target(&PORTAL, &line(&link)).0, "https://myapp.com/0");
}

#[test]
fn a_percent_sign_that_starts_no_escape_stays() {
    let output = one(&PORTAL, line("https://accounts.myapp.com/sign-out?redirect_url=/%ZZ"));
    assert_eq!(output["steps"][0]["value"], "/%ZZ");
}

#[test]
fn a_link_that_does_not_lead_to_the_portal_is_an_error() {
    for (link, expected) in [
        ("accounts.myapp.com/sign-in", "link: That is not a complete link. Start with https://accounts.myapp.com/."),
        ("https://evil.com/sign-in", "link: It leads to https://evil.com. Links to this portal start with https://accounts.myapp.com/."),
        ("", "link is missing; add it to the line, or set --link for all lines"),
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
fn what_looks_like_a_mistake_in_a_link_is_said_with_the_corrected_link() {
    let output = one(&PORTAL, line("https://accounts.myapp.com/sign-in?redirect_url=https://myapp.com/?a=1&b=2&utm_source=mail"));
    assert_eq!(output["target"], "https://myapp.com/?a=1");
    assert_eq!(output["advice"], serde_json::json!(["b is cut off from redirect_url. Write an & inside a URL as %26."]));
    assert_eq!(output["notes"], serde_json::json!(["Ignored: utm_source."]));
    let corrected = "https://accounts.myapp.com/sign-in?redirect_url=https%3A%2F%2Fmyapp.com%2F%3Fa%3D1%26b%3D2&utm_source=mail";
    assert_eq!(output["corrected_link"], corrected);
    let output = one(&PORTAL, line(corrected));
    assert_eq!((&output["advice"], &output["corrected_link"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    let output = one(&PORTAL, line("accounts.myapp.com/sign-in"));
    assert_eq!(output["corrected_link"], "https://accounts.myapp.com/sign-in");
    let output = one(&PORTAL, r#"{"flow":"sign-in","redirect_url":"myapp.com/foo"}"#);
    assert!(output["advice"][0].as_str().unwrap().starts_with("redirect_url: It does not begin with https://"), "{output}");
}

#[test]
fn a_link_as_clerks_components_write_it_is_read() {
    let link = "https://accounts.myapp.com/#/?redirect_url=https%3A%2F%2Fmyapp.com%2Fx";
    assert_eq!(target(&PORTAL, &line(link)), ("https://myapp.com/x".to_owned(), "redirect_url".to_owned()));
    assert_eq!(one(&PORTAL, line("https://accounts.myapp.com/sign-up/tasks"))["flow"], "sign-up");
}

#[test]
fn a_link_excludes_the_keys_that_it_contains() {
    for key in [
        "flow",
        "redirect_url",
        "sign_in_force_redirect_url",
        "sign_in_fallback_redirect_url",
        "sign_up_force_redirect_url",
        "sign_up_fallback_redirect_url",
    ] {
        let line = format!("{{\"link\":\"https://accounts.myapp.com/sign-in\",\"{key}\":\"sign-in\"}}");
        assert_eq!(error(&PORTAL, line), format!("{key} can't be combined with link, which already contains it; remove one of them"));
    }
}

#[test]
fn flags_do_not_apply_to_what_a_link_in_the_line_contains() {
    let words = [&PORTAL[..], &["--flow=sign-out", "--redirect-url=/flag", "--requesting-origin=https://other.com"]].concat();
    assert_eq!(target(&words, &line("https://accounts.myapp.com/waitlist")).0, "https://myapp.com/");
    assert_eq!(target(&words, &line("https://accounts.myapp.com/waitlist?redirect_url=https://other.com/")).0, "https://other.com/");
}

#[test]
fn a_link_flag_applies_only_to_lines_without_flow_and_redirect_parameters() {
    let words = [&PORTAL[..], &["--link=https://accounts.myapp.com/sign-in?redirect_url=/flag"]].concat();
    assert_eq!(target(&words, "{}").0, "https://myapp.com/flag");
    assert_eq!(
        target(
            &words,
            r#"{"requesting_origin":"https://other.com","domain":"accounts.myapp.com","portal_origin":"https://accounts.myapp.com","home_url":"https://accounts.myapp.com/user"}"#
        )
        .0,
        "https://accounts.myapp.com/flag"
    );
    assert_eq!(target(&words, &line("https://accounts.myapp.com/sign-in?redirect_url=/line")).0, "https://myapp.com/line");
    assert_eq!(target(&words, r#"{"flow":"sign-out","redirect_url":"/line"}"#).0, "https://myapp.com/line");
    assert_eq!(target(&words, r#"{"flow":"sign-out"}"#).0, "https://myapp.com/");
    assert!(error(&words, r#"{"redirect_url":"/line"}"#).starts_with("flow is missing"));
}
