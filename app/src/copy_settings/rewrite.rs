//! Rewrites one instance's own URLs to another's, for promotion from staging to production.

use url::Url;

use crate::{
    instances::stored::StoredInstance,
    manifest::{InstanceSettings, OriginMap, map_origins},
    redirects::{Instance, Settings},
};

/// The source with each allowed origin and fallback redirect at its home URL, its domain or its portal written as the target's. Only
/// whole origins are rewritten, as by `--map` of the settings file.
pub(super) fn rewritten(source: &StoredInstance, target: &StoredInstance) -> StoredInstance {
    let maps: Vec<_> = own(&source.instance).into_iter().zip(own(&target.instance)).filter_map(map).collect();
    let InstanceSettings { allowed_origins, redirects, .. } = map_origins(&InstanceSettings::of(source), &maps);
    let settings = Settings { allowed_origins, ..source.settings.clone() };
    StoredInstance { settings, fallbacks: redirects.0, ..source.clone() }
}

/// The URLs that are an instance's own, in a fixed order.
fn own(instance: &Instance) -> [Option<Url>; 3] {
    let domain = format!("https://{}", instance.domain());
    [Some(instance.home_url().clone()), Url::parse(&domain).ok(), Url::parse(instance.portal_origin().as_str()).ok()]
}

fn map((from, to): (Option<Url>, Option<Url>)) -> Option<OriginMap> {
    let (from, to) = (from?, to?);
    (from.origin() != to.origin()).then(|| OriginMap::new(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixtures::{my_app, other_app, stored},
        redirects::Flow,
    };

    #[test]
    fn own_urls_become_the_targets_and_others_stay() {
        let staging = Settings {
            domain: "staging.example".into(),
            home_url: "http://staging.example:3000/".into(),
            allowed_origins: vec!["https://partner.example".into(), "https://staging.example".into()],
            ..other_app("staging")
        };
        let values = [
            (Flow::SignIn, "http://staging.example:3000/in?a=1"),
            (Flow::SignUp, "https://staging.example/up"),
            (Flow::Logo, "https://accounts.staging.example/user"),
            (Flow::SignOut, "/bye"),
            (Flow::Waitlist, "https://docs.staging.example/"),
        ];
        let moved = rewritten(&stored(staging, &values), &stored(my_app(), &[]));
        let get = |flow| moved.fallbacks.get(flow).unwrap_or_default().to_owned();
        assert_eq!(get(Flow::SignIn), "https://myapp.com/in?a=1");
        assert_eq!(get(Flow::SignUp), "https://myapp.com/up");
        assert_eq!(get(Flow::Logo), "https://accounts.myapp.com/user");
        assert_eq!(get(Flow::SignOut), "/bye");
        assert_eq!(get(Flow::Waitlist), "https://docs.staging.example/", "another host below the domain is not named");
        assert_eq!(moved.settings.allowed_origins, ["https://partner.example", "https://myapp.com"]);
    }
}
