//! The link that was probably meant by a text that is none.

use super::*;
use crate::redirects::DirectLink;

fn corrected(text: &str) -> Option<String> {
    DirectLink::parse(&production(), text).unwrap_err().corrected(&production(), text)
}

#[test]
fn what_surrounds_a_link_or_is_missing_from_it_is_corrected() {
    let link = "https://accounts.myapp.com/sign-in?redirect_url=/x";
    for text in [
        "accounts.myapp.com/sign-in?redirect_url=/x",
        "http://accounts.myapp.com/sign-in?redirect_url=/x",
        "<https://accounts.myapp.com/sign-in?redirect_url=/x>",
        "“https://accounts.myapp.com/sign-in?redirect_url=/x”,",
        "\u{200b}https://accounts.myapp.com/sign-in?redirect_url=/x",
        "https%3A%2F%2Faccounts.myapp.com%2Fsign-in%3Fredirect_url%3D/x",
        "https://accounts.myapp.com/signin?redirect_url=/x",
        "https://accounts.myapp.com/Sign_In/?redirect_url=/x",
    ] {
        assert_eq!(corrected(text).as_deref(), Some(link), "{text}");
    }
    let both = "accounts.myapp.com/sign-in?redirect_url=/?a=1&b=2";
    assert_eq!(corrected(both).as_deref(), Some("https://accounts.myapp.com/sign-in?redirect_url=%2F%3Fa%3D1%26b%3D2"));
}

#[test]
fn a_text_that_is_like_no_link_of_this_portal_gets_no_correction() {
    for text in [
        "",
        "nonsense",
        "https://evil.com/sign-in",
        "https://accounts.myapp.com/user",
        "https://accounts.myapp.com/nowhere",
        "javascript:x",
    ] {
        assert_eq!(corrected(text), None, "{text}");
    }
}
