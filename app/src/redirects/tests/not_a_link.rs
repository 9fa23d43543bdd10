//! The link that was probably meant by a text that is none.

use super::*;
use crate::redirects::{AllowedOrigin, DirectLink, ExpiringOrigin, Timestamp};

fn corrected(text: &str) -> Option<String> {
    DirectLink::parse(&production(), text).unwrap_err().corrected(&production(), None, text)
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
    let absolute = "accounts.myapp.com/sign-up?redirect_url=https://accounts.myapp.com/create-organization";
    assert_eq!(corrected(absolute), Some(format!("https://{absolute}")), "not the link that is its parameter");
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

#[test]
fn a_parameter_on_a_preview_origin_is_corrected_while_it_is_allowed() {
    let (preview, end) = ("my-app-git-x-my-team.vercel.app", 1_000);
    let origin = AllowedOrigin::parse(&format!("https://{preview}"), Environment::Production).unwrap();
    let instance = production().with_expiring([ExpiringOrigin { origin, expires_at: Timestamp::from_seconds(end) }]);
    let text = format!("accounts.myapp.com/sign-in?redirect_url={preview}/x");
    let corrected = |now| DirectLink::parse(&instance, &text).unwrap_err().corrected(&instance, Some(Timestamp::from_seconds(now)), &text);
    let link = format!("https://accounts.myapp.com/sign-in?redirect_url=https%3A%2F%2F{preview}%2Fx");
    assert_eq!(corrected(end - 1), Some(link));
    assert_eq!(corrected(end), Some(format!("https://{text}")));
}
