//! What allowing the origin of a refused redirect would change: the real resolver, run on the counted shapes with and without it.

use super::refused::RefusedItem;
use crate::{
    instances::stored::StoredInstance,
    redirects::{
        AllowedOrigin, Fallbacks, Flow, Instance, LinkShape, Refusal, Visit, missing_origin, parse_fallback, policy::check, resolve,
    },
};

/// Visits of one flow whose links have the same shape.
#[derive(Clone, Debug)]
pub struct CountedShape {
    /// The flow.
    pub flow: Flow,
    /// The shape of their links.
    pub link: LinkShape<'static>,
    /// How many visits.
    pub visits: u64,
}

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

/// The texts in the database of everything that was refused for want of this origin.
pub fn refused_texts(origin: &AllowedOrigin) -> Vec<String> {
    let name = Refusal::Foreign.name();
    let host = origin.as_str().split_once("//").map_or(origin.as_str(), |(_, host)| host);
    // A link may leave the scheme to the home URL.
    vec![format!("{name} {origin}"), format!("{name} //{host}")]
}

/// The flows whose stored fallback redirect would be allowed with this origin, and is skipped without it.
pub fn revived_flows(stored: &StoredInstance, with_it: &Instance) -> Vec<Flow> {
    let is_revived = |flow: &Flow| {
        stored
            .fallbacks
            .get(*flow)
            .is_some_and(|value| parse_fallback(&stored.instance, *flow, value).is_err() && parse_fallback(with_it, *flow, value).is_ok())
    };
    Flow::ALL.into_iter().filter(is_revived).collect()
}

/// How many of these visits would end elsewhere in the changed instance.
pub fn changed_visits(instance: &Instance, changed: &Instance, fallbacks: &Fallbacks, shapes: &[CountedShape]) -> u64 {
    let is_changed = |shape: &&CountedShape| {
        let (link, requesting) = shape.link.example(shape.flow);
        let visit = Visit { flow: shape.flow, link: &link, requesting: requesting.as_ref() };
        let (now, then) = (resolve(instance, fallbacks, visit), resolve(changed, fallbacks, visit));
        (now.source, now.target) != (then.source, then.target)
    };
    shapes.iter().filter(is_changed).fold(0, |sum, shape| sum.saturating_add(shape.visits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixtures::{my_app, stored},
        redirects::{LinkParams, Settings},
    };

    fn item(text: &str) -> RefusedItem {
        RefusedItem::parse(text).unwrap()
    }

    fn shape(stored: &StoredInstance, flow: Flow, query: &str, visits: u64) -> CountedShape {
        let link = LinkParams::read(query);
        let visit = Visit { flow, link: &link, requesting: None };
        let link = LinkShape::of(&stored.instance, visit, &resolve(&stored.instance, &stored.fallbacks, visit)).into_owned();
        CountedShape { flow, link, visits }
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
    fn what_would_change_is_what_the_resolver_says() {
        let my = stored(my_app(), &[(Flow::SignOut, "https://partner.example.org/bye")]);
        let origin = origin_to_allow(&my, &item("foreign https://partner.example.org")).unwrap();
        let with_it = my.instance.with_origins(std::slice::from_ref(&origin), &[]);
        assert_eq!(refused_texts(&origin), ["foreign https://partner.example.org", "foreign //partner.example.org"]);
        assert_eq!(revived_flows(&my, &with_it), [Flow::SignOut]);
        let partner = "redirect_url=https://partner.example.org/a";
        let shapes = [
            shape(&my, Flow::SignIn, partner, 60),
            shape(&my, Flow::SignIn, "redirect_url=//partner.example.org/b", 5),
            // Forced to somewhere else, which stays the target.
            shape(&my, Flow::SignIn, &format!("{partner}&sign_in_force_redirect_url=/in"), 7),
            shape(&my, Flow::SignIn, "redirect_url=https://partner.example.org:444/", 11),
            shape(&my, Flow::SignOut, "", 13),
        ];
        assert_eq!(changed_visits(&my.instance, &with_it, &my.fallbacks, &shapes), 60 + 5 + 13);
        let already = stored(Settings { allowed_origins: vec![origin.to_string()], ..my_app() }, &[]);
        assert_eq!(changed_visits(&already.instance, &already.instance, &already.fallbacks, &shapes), 0);
    }
}
