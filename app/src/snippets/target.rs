//! The target of each flow for a link without parameters: what the portal itself would do.

use url::Url;

use crate::redirects::{Environment, Fallbacks, Flow, Ground, Instance, LinkParams, Outcome, Source, Visit, resolve};

/// The target of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FlowTarget {
    pub(super) flow: Flow,
    pub(super) url: Url,
    /// The comment beside the value.
    pub(super) comment: String,
    /// Whether Clerk's components follow it without a list of allowed origins.
    pub(super) is_followed: bool,
}

/// Resolves a flow with an empty link.
pub(super) fn target(instance: &Instance, fallbacks: &Fallbacks, flow: Flow) -> FlowTarget {
    let link = LinkParams::default();
    let resolution = resolve(instance, fallbacks, Visit { flow, link: &link, requesting: None, now: None });
    let label = flow.label();
    let comment = match (resolution.source, fallbacks.get(flow)) {
        (Source::HomeUrl, None) => format!("{label}: nothing is stored, so this is the home URL"),
        (Source::HomeUrl, Some(_)) => format!("{label}: the stored value is no longer allowed, so this is the home URL"),
        _ => label.to_owned(),
    };
    let on_domain = resolution.steps.iter().any(|step| step.outcome == Outcome::Allowed { ground: Ground::Domain });
    let url = resolution.target;
    // The components follow the page's own origin and, in production, the domain and its subdomains on the default port.
    let known = on_domain && instance.environment() == Environment::Production && url.port().is_none();
    let is_followed = known || url.origin() == instance.home_url().origin();
    FlowTarget { flow, url, comment, is_followed }
}
