//! Parameters that a link has and the portal does not read: those of campaigns, and misspelled names of its own.

use super::{Flow, LinkParams};

/// The parameters that mail, advertising and analytics tools add to links.
const TRACKING: [&str; 10] = ["gclid", "fbclid", "msclkid", "gbraid", "wbraid", "dclid", "mc_cid", "mc_eid", "_hsenc", "_hsmi"];

/// Other names for parameters of the portal, as [`plain`] writes them: those of Clerk's components, and what people call them.
const OTHER_NAMES: [(&str, &str); 10] = [
    ("redirect", "redirect_url"),
    ("redirectto", "redirect_url"),
    ("redirecturi", "redirect_url"),
    ("aftersigninurl", "sign_in_fallback_redirect_url"),
    ("aftersignupurl", "sign_up_fallback_redirect_url"),
    ("email", "email_address"),
    ("phone", "phone_number"),
    ("givenname", "first_name"),
    ("familyname", "last_name"),
    ("surname", "last_name"),
];

/// The length from which a name may differ by two letters. Shorter ones may differ by one.
const LONG_NAME: usize = 10;

/// Whether a parameter belongs to a campaign. Links carry many of them, and nobody means the portal to read one.
pub(super) fn is_tracking(name: &str) -> bool {
    name.starts_with("utm_") || TRACKING.contains(&name)
}

/// The parameter that a misspelled name means on the flow's page; `None` if it is not like any.
pub(super) fn meant(flow: Flow, name: &str) -> Option<&'static str> {
    // No name that is like one of the portal's is that long.
    if name.len() > 60 {
        return None;
    }
    let name = plain(name);
    let own = |sign_in, sign_up| match flow {
        Flow::SignIn => Some(sign_in),
        Flow::SignUp => Some(sign_up),
        _ => None,
    };
    match name.as_str() {
        "forceredirecturl" => return own("sign_in_force_redirect_url", "sign_up_force_redirect_url"),
        "fallbackredirecturl" => return own("sign_in_fallback_redirect_url", "sign_up_fallback_redirect_url"),
        _ => {}
    }
    let limit = if name.len() < LONG_NAME { 1 } else { 2 };
    let other = OTHER_NAMES.into_iter().find(|(other, _)| *other == name).map(|(_, meant)| meant);
    LinkParams::names()
        .find(|known| plain(known) == name)
        .or(other)
        .or_else(|| LinkParams::names().find(|known| name.len() > 3 && is_close(&plain(known), &name, limit)))
}

/// The letters and digits of a name, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether the distance of two names is at most `limit`. It is at least the difference of their lengths.
pub(crate) fn is_close(one: &str, other: &str, limit: usize) -> bool {
    one.len().abs_diff(other.len()) <= limit && distance(one, other) <= limit
}

/// How many letters have to be added, left out or changed to make one name the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, a) in one.bytes().enumerate() {
        let mut diagonal = at;
        row[0] = at + 1;
        for (index, b) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[index + 1];
            row[index + 1] = changed.min(diagonal + 1).min(row[index] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_name_means_the_parameter_that_it_is_like() {
        for (name, expected) in [
            ("redirectUrl", "redirect_url"),
            ("redirect-url", "redirect_url"),
            ("REDIRECT_URL", "redirect_url"),
            ("redirect_uri", "redirect_url"),
            ("redirct_url", "redirect_url"),
            ("redirect_url[]", "redirect_url"),
            ("redirect_to", "redirect_url"),
            ("signInForceRedirectUrl", "sign_in_force_redirect_url"),
            ("fallbackRedirectUrl", "sign_in_fallback_redirect_url"),
            ("after_sign_up_url", "sign_up_fallback_redirect_url"),
            ("email", "email_address"),
            ("emailAddress", "email_address"),
            ("phone-number", "phone_number"),
            ("user_name", "username"),
            ("surname", "last_name"),
        ] {
            assert_eq!(meant(Flow::SignIn, name), Some(expected), "{name}");
        }
        assert_eq!(meant(Flow::SignUp, "forceRedirectUrl"), Some("sign_up_force_redirect_url"));
        assert_eq!(meant(Flow::Waitlist, "forceRedirectUrl"), None);
    }

    #[test]
    fn other_names_mean_nothing() {
        for name in [
            "",
            "a",
            "utm_source",
            "gclid",
            "ref",
            "url",
            "name",
            "filename",
            "then",
            "tab",
            "lang",
            "next",
            "redirect_url_of_my_own",
            "🙂",
        ] {
            assert_eq!(meant(Flow::SignIn, name), None, "{name}");
        }
        assert_eq!(meant(Flow::SignIn, &"redirect_url".repeat(1_000)), None);
    }

    #[test]
    fn the_parameters_of_campaigns_are_known() {
        for name in ["utm_source", "utm_anything", "gclid", "fbclid", "msclkid"] {
            assert!(is_tracking(name), "{name}");
        }
        for name in ["utm", "b", "redirect_url"] {
            assert!(!is_tracking(name), "{name}");
        }
    }
}
