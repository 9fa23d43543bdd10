//! Where each flow ends when its link says nothing: what the portal itself would do, and why.

use url::Url;

use crate::redirects::{Environment, Fallbacks, Flow, Ground, Instance, LinkParams, Outcome, Source, Visit, resolve};

/// The end of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) flow: Flow,
    pub(super) url: Url,
    /// What to say beside the value.
    pub(super) comment: String,
    /// Whether Clerk's components follow it without being told of its origin.
    pub(super) is_followed: bool,
}

/// Asks the resolver with an empty link.
pub(super) fn target(instance: &Instance, fallbacks: &Fallbacks, flow: Flow) -> Target {
    let link = LinkParams::default();
    let resolution = resolve(instance, fallbacks, Visit { flow, link: &link, requesting: None });
    let label = flow.label();
    let comment = match (resolution.source, fallbacks.get(flow)) {
        (Source::HomeUrl, None) => format!("{label}: nothing is stored, so it is the home URL"),
        (Source::HomeUrl, Some(_)) => format!("{label}: what is stored is no longer allowed, so it is the home URL"),
        _ => label.to_owned(),
    };
    let on_domain = resolution.steps.iter().any(|step| step.outcome == Outcome::Allowed { ground: Ground::Domain });
    let url = resolution.target;
    // They follow the page's own origin and, in production, the domain and its subdomains on the usual port.
    let known = on_domain && instance.environment() == Environment::Production && url.port().is_none();
    let is_followed = known || url.origin() == instance.home_url().origin();
    Target { flow, url, comment, is_followed }
}
