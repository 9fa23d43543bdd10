//! Whether allowing the origin of a refused redirect would help, and the settings that allow it.

use super::{commands::OriginChangeKind, refused::RefusedItem};
use crate::{
    insight::impact::measure::Proposed,
    instances::stored::StoredInstance,
    redirects::{AllowedOrigin, Flow, Refusal, missing_origin, policy::check},
};

/// The origin that has to be allowed before a refused redirect may be a target. `None` where allowing does not help: it was refused for
/// another reason, Settings would refuse the origin, or it is allowed by now.
pub fn origin_to_allow(stored: &StoredInstance, item: &RefusedItem) -> Option<AllowedOrigin> {
    if item.reason != Refusal::Foreign || stored.unusable.is_some() {
        return None;
    }
    let value = item.example(Flow::SignIn)?;
    let origin = missing_origin(&stored.instance, &check(&stored.instance, Flow::SignIn, None, &value).err()?)?;
    let with_it = stored.instance.with_origins(std::slice::from_ref(&origin), &[]);
    check(&with_it, Flow::SignIn, None, &value).is_ok().then_some(origin)
}

/// Whether a redirect that was refused is allowed by now.
pub fn is_allowed_now(stored: &StoredInstance, item: &RefusedItem) -> bool {
    let value = item.example(Flow::SignIn);
    stored.unusable.is_none() && value.is_some_and(|value| check(&stored.instance, Flow::SignIn, None, &value).is_ok())
}

/// The settings after an origin was allowed, or taken back.
pub fn propose(stored: &StoredInstance, origin: &AllowedOrigin, change: OriginChangeKind) -> Proposed {
    let (one, none) = (std::slice::from_ref(origin), [].as_slice());
    let (added, removed) = if change == OriginChangeKind::Allow { (one, none) } else { (none, one) };
    Proposed { instance: stored.instance.with_origins(added, removed), ..Proposed::stored(stored) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{my_app, stored};

    fn item(text: &str) -> RefusedItem {
        RefusedItem::parse(text).unwrap()
    }

    #[test]
    fn allowing_is_offered_only_where_it_helps() {
        let my = stored(my_app(), &[]);
        let offered = |text: &str| origin_to_allow(&my, &item(text)).map(|origin| origin.to_string());
        assert_eq!(offered("foreign https://partner.example.org").as_deref(), Some("https://partner.example.org"));
        assert_eq!(offered("foreign //partner.example.org:8443").as_deref(), Some("https://partner.example.org:8443"));
        for text in [
            "foreign",
            "foreign https://app.myapp.com",
            "foreign https://evil.com.",
            "foreign http://evil.com",
            "insecure http://app.myapp.com",
            "credentials https://evil.com",
            "scheme myapp:",
            "not_a_url",
            "loop https://accounts.myapp.com",
        ] {
            assert_eq!(offered(text), None, "{text}");
        }
        assert!(is_allowed_now(&my, &item("foreign https://app.myapp.com")) && !is_allowed_now(&my, &item("foreign https://evil.com")));
        assert_eq!(origin_to_allow(&StoredInstance { unusable: Some("no".into()), ..my }, &item("foreign https://evil.com")), None);
    }

    #[test]
    fn the_proposed_settings_have_the_origin_or_have_it_no_longer() {
        let my = stored(my_app(), &[]);
        let origin = origin_to_allow(&my, &item("foreign https://partner.example.org")).unwrap();
        let with_it = propose(&my, &origin, OriginChangeKind::Allow);
        assert_eq!(with_it.instance.allowed_origins(), std::slice::from_ref(&origin));
        let without = propose(&StoredInstance { instance: with_it.instance, ..my }, &origin, OriginChangeKind::TakeBack);
        assert_eq!(without.instance.allowed_origins(), []);
    }
}
