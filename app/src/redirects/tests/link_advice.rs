//! Advice about direct links: which mistake is named, and the link that was probably meant.

use proptest::prelude::*;

use super::*;
use crate::redirects::{DirectLink, LinkAdvice, parameter_advice};

const PORTAL: &str = "https://accounts.myapp.com";

fn advice_in(instance: &Instance, link: &str) -> LinkAdvice {
    DirectLink::parse(instance, link).unwrap().advice(instance, None)
}

/// What there is to say about a link to the sign-in page with that query or fragment.
fn advice(rest: &str) -> LinkAdvice {
    advice_in(&production(), &format!("{PORTAL}/sign-in{rest}"))
}

/// The mistake in a link has these words, and the corrected link has that query. It is the only mistake.
#[track_caller]
fn is_corrected(rest: &str, words: &str, query: &str) {
    let LinkAdvice { mistakes, corrected, .. } = advice(rest);
    assert_eq!(mistakes.len(), 1, "{rest}: {mistakes:?}");
    assert!(mistakes[0].contains(words), "{rest}: {mistakes:?}");
    assert_eq!(corrected, Some(format!("{PORTAL}/sign-in?{query}")), "{rest}");
    let again = advice(&format!("?{query}"));
    assert_eq!((again.mistakes.as_slice(), again.corrected), ([].as_slice(), None), "{query} still has a mistake");
}

#[test]
fn a_link_without_mistakes_needs_no_advice() {
    for rest in [
        "",
        "?redirect_url=/%C3%BC&email_address=a%40b&username=Ana+Maria&phone_number=%2B49+30",
        "?redirect_url=https%3A%2F%2Fmyapp.com%2F%3Fa%3D1%26b%3D%2525%23top",
        "?redirect_url=https://myapp.com/a?next=https%253A%252F%252Fmyapp.com",
        "?redirect_url=dashboard&sign_in_force_redirect_url=index.html",
    ] {
        assert_eq!(advice(rest), LinkAdvice::default(), "{rest}");
    }
}

#[test]
fn parameters_of_campaigns_and_others_are_listed_as_ignored_without_a_warning() {
    let ignored = advice("?utm_source=mail&redirect_url=/x&utm_medium=a&gclid=1&fbclid=2&msclkid=3&ref=friend&utm_source=twice");
    let note = "Ignored: utm_source, utm_medium, gclid, fbclid, msclkid, ref.";
    assert_eq!(ignored, LinkAdvice { notes: vec![note.to_owned()], ..LinkAdvice::default() });
    // Mail tools add theirs to whatever is there.
    assert_eq!(advice("?redirect_url=https://myapp.com/?a=1&utm_source=mail").mistakes, [""; 0]);
    let many: Vec<_> = (0..12).map(|at| format!("p{at}=1")).collect();
    assert!(advice(&format!("?{}", many.join("&"))).notes[0].ends_with("p7 and 4 more."));
    assert_eq!(advice(&format!("?{}", "x".repeat(5_000))).notes[0].chars().count(), 111);
    assert_eq!(advice("?a%E2%80%AEb=1").notes, [r#"Ignored: "a\u{202e}b"."#]);
}

#[test]
fn an_unencoded_ampersand_or_number_sign_is_put_back_into_its_url() {
    let query = "redirect_url=https%3A%2F%2Fmyapp.com%2F%3Fa%3D1%26b%3D2";
    is_corrected("?redirect_url=https://myapp.com/?a=1&b=2", "b is cut off from redirect_url. Write an & inside a URL as %26.", query);
    is_corrected("?redirect_url=https%3A//myapp.com/?a=1&b=2", "b is cut off", query);
    is_corrected("?redirect_url=/?a=%26&b=%20&c", "b and 1 more are cut off", "redirect_url=%2F%3Fa%3D%2526%26b%3D%2520%26c");
    is_corrected(
        "?redirect_url=/?a=1&b=2&utm_source=mail&username=nick",
        "b is cut off",
        "redirect_url=%2F%3Fa%3D1%26b%3D2&username=nick&utm_source=mail",
    );
    let number_sign = "#/orders is cut off from redirect_url. Write a # inside a URL as %23.";
    is_corrected("?redirect_url=/app#/orders", number_sign, "redirect_url=%2Fapp%23%2Forders");
    is_corrected(
        "?username=nick&redirect_url=/app&utm_source=a#top",
        "#top is cut off",
        "redirect_url=%2Fapp%23top&username=nick&utm_source=a",
    );
    is_corrected("?redirect_url=/app#/orders?tab=1", "#/orders?tab=1 is cut off", "redirect_url=%2Fapp%23%2Forders%3Ftab%3D1");
    // What is behind another parameter belongs to nothing.
    let top = advice("?redirect_url=/app&username=nick#top");
    assert_eq!((top.mistakes.len(), top.notes[0].as_str(), top.corrected), (0, "Ignored: #top. The target does not get it.", None));
    assert_eq!(advice("?redirect_url=/app&b=2").notes, ["Ignored: b."]);
    let both = advice("?redirect_url=/app?a=1&b=2#top");
    assert_eq!((both.mistakes.len(), both.corrected.unwrap()), (2, format!("{PORTAL}/sign-in?redirect_url=%2Fapp%3Fa%3D1%26b%3D2%23top")));
}

#[test]
fn html_and_double_encoding_are_undone() {
    is_corrected("?redirect_url=/a&amp;username=nick", "&amp; is how HTML writes an &", "redirect_url=%2Fa&username=nick");
    is_corrected("?utm_source=x&amp;amp;redirect_url=/a", "&amp;", "redirect_url=%2Fa&utm_source=x");
    is_corrected("?redirect_url=https%253A%252F%252Fmyapp.com%252Fx", "encoded twice", "redirect_url=https%3A%2F%2Fmyapp.com%2Fx");
    is_corrected("?redirect_url=%25252Fdashboard", "encoded twice", "redirect_url=%2Fdashboard");
    is_corrected("?email_address=a%2540b.de", "email_address: It is encoded twice", "email_address=a%40b.de");
    is_corrected("?username=Ana%2520Mar%25C3%25ADa", "encoded twice", "username=Ana+Mar%C3%ADa");
    is_corrected("?redirect_url%3D%2Fa%26username%3Dnick", "The = after a parameter's name", "redirect_url=%2Fa&username=nick");
    is_corrected("?redirect_url=/%ZZ", "A % without two hexadecimal digits", "redirect_url=%2F%25ZZ");
    assert_eq!(advice("?redirect_url=/%FF").mistakes, ["Some bytes are not valid UTF-8 and are read as \u{fffd}."]);
}

#[test]
fn a_plus_that_was_not_encoded_is_put_back() {
    is_corrected("?email_address=a+b@c.de", "email_address: It contains a space.", "email_address=a%2Bb%40c.de");
    is_corrected("?phone_number=+49+30+1", "phone_number: It begins with a space", "phone_number=%2B49+30+1");
    assert_eq!(advice("?email_address=a%20b@c.de").corrected, None);
}

#[test]
fn a_misspelled_parameter_is_named_with_the_one_that_was_meant() {
    is_corrected("?redirectUrl=/a", "The portal does not read redirectUrl. Write redirect_url.", "redirect_url=%2Fa");
    is_corrected("?forceRedirectUrl=/x&username=nick", "forceRedirectUrl", "sign_in_force_redirect_url=%2Fx&username=nick");
    // A parameter that is there as well is not replaced.
    assert_eq!(advice("?redirect_url=/a&redirectUrl=/b").notes, ["Ignored: redirectUrl."]);
    // A link that would be refused is not offered.
    assert_eq!(advice("?redirectUrl=https://evil.com").corrected, None);
}

#[test]
fn of_many_misspelled_parameters_some_are_named_and_the_others_counted() {
    let said = advice(&format!("?{}", ["emailaddress=a@b.c"; 800].join("&"))).mistakes;
    assert!(said[..8].iter().all(|mistake| mistake == "The portal does not read emailaddress. Write email_address."), "{said:?}");
    assert_eq!(said[8..], ["792 more parameters are misspelled.", "email_address appears 800 times. The last one counts."]);
}

#[test]
fn a_host_without_a_scheme_is_read_as_a_path_and_gets_one() {
    let words = "redirect_url: It does not begin with https://, so it is read as a path of your application: \
                 https://myapp.com/myapp.com/foo. Write https://myapp.com/foo.";
    is_corrected("?redirect_url=myapp.com/foo", words, "redirect_url=https%3A%2F%2Fmyapp.com%2Ffoo");
    is_corrected("?redirect_url=app.myapp.com:8443/x", "read as a scheme", "redirect_url=https%3A%2F%2Fapp.myapp.com%3A8443%2Fx");
    let foreign = advice("?redirect_url=evil.com/x");
    assert!(foreign.mistakes[0].ends_with("https://myapp.com/evil.com/x. Put https:// before it."), "{foreign:?}");
    assert_eq!(foreign.corrected, None);
    let local = parameter_advice(&local(), Flow::SignIn, None, "redirect_url", "localhost:3000/x").unwrap();
    assert_eq!(local.corrected.as_deref(), Some("http://localhost:3000/x"));
    for value in [
        "dashboard",
        "index.html",
        "a/b.c",
        "mailto:a@myapp.com",
        "javascript:x",
        "https:evil.com",
        "1.5",
        "com",
        ".com",
        "a..com",
        "@myapp.com",
    ] {
        assert_eq!(parameter_advice(&production(), Flow::SignIn, None, "redirect_url", value), None, "{value}");
    }
}

#[test]
fn repeated_parameters_are_counted_and_written_once() {
    let ten = ["redirect_url=/x"; 10].join("&");
    is_corrected(&format!("?{ten}"), "redirect_url appears 10 times. The first one counts.", "redirect_url=%2Fx");
    is_corrected("?username=a&username=b", "username appears 2 times. The last one counts.", "username=b");
}

#[test]
fn a_wrapped_link_is_unwrapped_and_says_so() {
    let link =
        "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Faccounts.myapp.com%2Fsign-up%3Fredirect_url%3D%252Fa&data=x";
    let direct = DirectLink::parse(&production(), link).unwrap();
    assert_eq!((direct.flow(), direct.link().redirect_url.as_deref()), (Flow::SignUp, Some("/a")));
    let advice = direct.advice(&production(), None);
    assert_eq!(advice.notes, ["Wrapped by Outlook Safe Links. The link inside is checked."]);
    assert_eq!((advice.mistakes.len(), advice.corrected.as_deref()), (0, Some("https://accounts.myapp.com/sign-up?redirect_url=%2Fa")));
    let elsewhere = DirectLink::parse(&production(), "https://slack-redir.net/link?url=https%3A%2F%2Fevil.com%2Fsign-in").unwrap_err();
    let said = "Slack has wrapped it, and it leads to https://evil.com. Links to this portal start with https://accounts.myapp.com/.";
    assert_eq!(elsewhere.explain(&production()).to_string(), said);
}

#[test]
fn a_link_from_clerks_components_is_read_and_corrected_into_the_query() {
    let advice = advice("?username=nick#/?redirect_url=https://myapp.com/?a=1&b=2&utm_source=x");
    assert!(advice.notes[0].starts_with("The parameters after the # count"), "{advice:?}");
    assert_eq!(advice.mistakes, ["b is cut off from redirect_url. Write an & inside a URL as %26."]);
    let corrected = format!("{PORTAL}/sign-in?redirect_url=https%3A%2F%2Fmyapp.com%2F%3Fa%3D1%26b%3D2&username=nick&utm_source=x");
    assert_eq!(advice.corrected, Some(corrected));
}

#[test]
fn in_development_a_page_of_the_visitors_own_may_be_right() {
    let link = format!("{PORTAL}/sign-in?redirect_url=http://localhost:5173/?a=1&b=2");
    assert!(
        advice_in(&development(), &link).corrected.unwrap().ends_with("?redirect_url=http%3A%2F%2Flocalhost%3A5173%2F%3Fa%3D1%26b%3D2")
    );
}

#[test]
fn a_number_sign_in_an_ignored_parameter_of_the_fragment_does_not_end_the_corrected_links_query() {
    let link = format!("{PORTAL}/sign-in#/?x#y&redirectUrl=/welcome&username=ana");
    let corrected = advice_in(&production(), &link).corrected.unwrap();
    assert_eq!(corrected, format!("{PORTAL}/sign-in?redirect_url=%2Fwelcome&username=ana&x%23y"));
}

proptest! {
    #[test]
    fn the_corrected_link_is_a_link_to_the_same_page_and_nothing_is_left_to_correct_in_its_query(
        rest in "[?#]/?((redirect_url|redirectUrl|username|email_address|amp;x|utm_source|b|x%3D)=(\\PC|%[0-9a-fA-F]{2}|[&+?/#:.]|myapp.com|https://){0,9}&?){0,9}",
    ) {
        let link = DirectLink::parse(&production(), &format!("{PORTAL}/sign-in{rest}")).unwrap();
        if let Some(corrected) = link.advice(&production(), None).corrected {
            let again = DirectLink::parse(&production(), &corrected).unwrap();
            prop_assert_eq!(again.flow(), link.flow());
            let repeats = |said: &String| said.contains("appears") || said.contains("&amp;") || said.contains("cut off");
            prop_assert!(!again.advice(&production(), None).mistakes.iter().any(repeats), "{}", corrected);
        }
    }
}
