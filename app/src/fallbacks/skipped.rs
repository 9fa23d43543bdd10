//! Stored fallback redirects that the rules skip: the flows whose visitors end elsewhere than an admin has stored.

use url::Url;

use crate::redirects::{Fallbacks, Flow, Instance, LinkParams, Outcome, Source, Visit, resolve};

/// A flow whose stored fallback redirect is refused, and where its visitors end instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The flow.
    pub flow: Flow,
    /// Where a link without parameters leads.
    pub target: Url,
}

/// The flows whose fallback redirect would be skipped under these settings, in the order of the Redirects tab.
pub fn skipped(instance: &Instance, fallbacks: &Fallbacks) -> Vec<Skipped> {
    let link = LinkParams::default();
    let skipped = |flow| {
        let resolution = resolve(instance, fallbacks, Visit { flow, link: &link, requesting: None, now: None });
        let is_refused =
            |step: &crate::redirects::Step<'_>| step.source == Source::Fallback && matches!(step.outcome, Outcome::Refused { .. });
        resolution.steps.iter().any(is_refused).then(|| Skipped { flow, target: resolution.target.clone() })
    };
    Flow::ALL.into_iter().filter_map(skipped).collect()
}
