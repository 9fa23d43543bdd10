//! The targets of an instance: where visitors are sent to if a link says nothing, and where the portal is.

use url::Url;

use crate::{
    instances::stored::StoredInstance,
    redirects::{Flow, InstanceField, parse_fallback},
};

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The fallback redirect of a flow.
    Fallback(Flow),
    /// The home URL.
    HomeUrl,
    /// The portal origin: does it lead to this deployment?
    PortalOrigin,
}

impl Target {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fallback(flow) => flow.name(),
            Self::HomeUrl => InstanceField::HomeUrl.name(),
            Self::PortalOrigin => InstanceField::PortalOrigin.name(),
        }
    }

    /// The target of that name. `None` if this version knows none.
    pub fn named(name: &str) -> Option<Self> {
        match name.parse() {
            Ok(flow) => Some(Self::Fallback(flow)),
            Err(_) => [Self::HomeUrl, Self::PortalOrigin].into_iter().find(|target| target.name() == name),
        }
    }

    /// Its label on screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Fallback(flow) => flow.label(),
            Self::HomeUrl => InstanceField::HomeUrl.label(),
            Self::PortalOrigin => InstanceField::PortalOrigin.label(),
        }
    }
}

/// Everything of an instance that is checked, with the absolute URL that it means, in the order of the screens. A fallback redirect that
/// is skipped sends nobody anywhere, so it is left out. An instance that can't be used has none.
pub fn targets(stored: &StoredInstance) -> Vec<(Target, Url)> {
    if stored.unusable.is_some() || stored.archived_at.is_some() {
        return Vec::new();
    }
    let instance = &stored.instance;
    let fallback = |flow| {
        let url = parse_fallback(instance, flow, stored.fallbacks.get(flow)?).ok()?.url;
        Some((Target::Fallback(flow), url))
    };
    let portal = Url::parse(instance.portal_origin().as_str()).ok().map(|url| (Target::PortalOrigin, url));
    let home = (Target::HomeUrl, instance.home_url().clone());
    Flow::ALL.into_iter().filter_map(fallback).chain([home]).chain(portal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{my_app, stored};

    #[test]
    fn what_is_followed_is_checked_and_what_is_skipped_is_not() {
        let values = [(Flow::SignUp, "/welcome"), (Flow::SignIn, "https://partner.example.org/")];
        let found = targets(&stored(my_app(), &values));
        let found: Vec<_> = found.iter().map(|(target, url)| (target.name(), url.as_str())).collect();
        let home = ("home_url", "https://myapp.com/");
        assert_eq!(found, [("sign-up", "https://myapp.com/welcome"), home, ("portal_origin", "https://accounts.myapp.com/")]);
    }

    #[test]
    fn names_are_read_back() {
        let all = Flow::ALL.map(Target::Fallback).into_iter().chain([Target::HomeUrl, Target::PortalOrigin]);
        for target in all {
            assert_eq!(Target::named(target.name()), Some(target));
        }
        assert_eq!(Target::named("slug"), None);
    }
}
