//! Counted visits, decided again: where each ends under the settings before a change, and where after it.

use std::{cmp::Ordering, collections::HashMap, hash::Hash};

use crate::redirects::{Fallbacks, Flow, Instance, LinkParams, LinkShape, Outcome, Refusal, Resolution, Source, Timestamp, Visit, resolve};

/// The settings that decide a visit.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'s> {
    /// The instance.
    pub instance: &'s Instance,
    /// Its fallback redirects.
    pub fallbacks: &'s Fallbacks,
}

/// Visits of one flow whose links have the same shape.
#[derive(Clone, Debug)]
pub struct Shape<'a> {
    /// The flow that ended.
    pub flow: Flow,
    /// The shape.
    pub link: LinkShape<'a>,
    /// How many visits.
    pub visits: u64,
}

/// Visits whose shapes were too many to keep apart.
#[derive(Clone, Debug)]
pub struct Others {
    /// The flow that ended.
    pub flow: Flow,
    /// The source of their target when they were counted.
    pub source: Source,
    /// The reasons for which candidates of their links were refused.
    pub refused: Vec<String>,
    /// How many visits.
    pub visits: u64,
}

/// How many rows and candidates of an impact are shown. There may be tens of thousands.
pub const SHOWN: usize = 20;

/// What a change of settings means for counted visits. Of its rows and candidates the first [`SHOWN`] are in order, the most visits first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// All visits that were counted.
    pub visits: u64,
    /// How many of them would end elsewhere.
    pub changed: u64,
    /// Those, by where they end before and after the change.
    pub rows: Vec<Row>,
    /// The candidates of links that were refused and would be the target.
    pub newly_allowed: Vec<Candidate>,
    /// The candidates of links that were the target and would be refused.
    pub newly_refused: Vec<Candidate>,
    /// How many more visits may end elsewhere. Their shapes are not known.
    pub inexact_by: u64,
}

/// Visits of one flow that end at one place before a change and at another after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The flow.
    pub flow: Flow,
    /// Where they end now.
    pub from: Ending,
    /// Where they would end.
    pub to: Ending,
    /// How many visits.
    pub visits: u64,
}

/// Where a visit ends. Of a target that the link names only the origin is known; a stored one is known whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ending {
    /// The URL, or the origin of a target that the link names.
    pub url: String,
    /// The source of the target.
    pub source: Source,
}

/// A candidate that links name, by its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The origin.
    pub origin: String,
    /// How many visits named it.
    pub visits: u64,
}

impl Ending {
    fn of(resolution: &Resolution<'_>) -> Self {
        let url = match resolution.source {
            Source::Fallback | Source::HomeUrl => resolution.target.as_str().to_owned(),
            _ => resolution.target.origin().ascii_serialization(),
        };
        Self { url, source: resolution.source }
    }

    fn is_stored(&self) -> bool {
        matches!(self.source, Source::Fallback | Source::HomeUrl)
    }

    /// Whether a visitor who ended there would notice. A stored URL is the same whether it is the fallback redirect or the home URL.
    fn is_elsewhere(&self, other: &Self) -> bool {
        self.url != other.url || (self.source != other.source && !(self.is_stored() && other.is_stored()))
    }
}

/// Refused for these reasons, a candidate stays refused under all settings.
const NEVER_ALLOWED: [Refusal; 5] = [Refusal::TooLong, Refusal::NotAUrl, Refusal::Ambiguous, Refusal::Scheme, Refusal::Credentials];

/// What becomes of the counted visits if the settings `after` take the place of those `before`. Both decide at the time `now`. Without it,
/// allowed origins that expire don't count.
pub fn between(before: Rules<'_>, after: Rules<'_>, now: Option<Timestamp>, shapes: &[Shape<'_>], others: &[Others]) -> Impact {
    let mut found = Found::default();
    let is_policy_same = decide_links_alike(before.instance, after.instance);
    for Shape { flow, link: shape, visits } in shapes {
        let (link, requesting) = shape.example(*flow);
        let visit = Visit { flow: *flow, link: &link, requesting: requesting.as_ref(), now };
        let stored = resolve(before.instance, before.fallbacks, visit);
        let from = Ending::of(&stored);
        found.visits += visits;
        // The link decides, and the policy reads it alike.
        if is_policy_same && !from.is_stored() {
            continue;
        }
        let then = resolve(after.instance, after.fallbacks, visit);
        let to = Ending::of(&then);
        if !is_policy_same {
            found.note_candidates((&stored, &from), (&then, &to), *visits);
        }
        found.note(*flow, from, to, *visits);
    }
    let nothing = LinkParams::default();
    for Others { flow, source, refused, visits } in others {
        found.visits += visits;
        let is_from_link = !matches!(source, Source::Fallback | Source::HomeUrl);
        let may_be_allowed = refused.iter().any(|reason| NEVER_ALLOWED.iter().all(|refusal| refusal.name() != reason));
        if is_policy_same && is_from_link {
            continue;
        }
        if !is_policy_same && (is_from_link || may_be_allowed) {
            found.inexact_by += visits;
            continue;
        }
        // They end where a link without candidates ends.
        let visit = Visit { flow: *flow, link: &nothing, requesting: None, now };
        let (stored, then) = (resolve(before.instance, before.fallbacks, visit), resolve(after.instance, after.fallbacks, visit));
        found.note(*flow, Ending::of(&stored), Ending::of(&then), *visits);
    }
    found.into_impact()
}

/// Whether the policy is the same for what links name under both.
fn decide_links_alike(one: &Instance, other: &Instance) -> bool {
    one.environment() == other.environment()
        && one.domain().as_str() == other.domain().as_str()
        && one.portal_origin().as_str() == other.portal_origin().as_str()
        && one.home_url() == other.home_url()
        && one.allowed_origins() == other.allowed_origins()
        && one.expiring_origins() == other.expiring_origins()
}

#[derive(Default)]
struct Found {
    visits: u64,
    changed: u64,
    rows: HashMap<(Flow, Ending, Ending), u64>,
    allowed: HashMap<String, u64>,
    refused: HashMap<String, u64>,
    inexact_by: u64,
}

impl Found {
    fn note(&mut self, flow: Flow, from: Ending, to: Ending, visits: u64) {
        if from.is_elsewhere(&to) {
            self.changed += visits;
            add(&mut self.rows, (flow, from, to), visits);
        }
    }

    /// An allowed candidate is the target, so its origin is where the visit ends.
    fn note_candidates(&mut self, (stored, from): (&Resolution<'_>, &Ending), (then, to): (&Resolution<'_>, &Ending), visits: u64) {
        for (before, after) in stored.steps.iter().zip(&then.steps) {
            match (before.outcome, after.outcome) {
                _ if matches!(before.source, Source::Fallback | Source::HomeUrl) => {}
                (Outcome::Refused { .. }, Outcome::Allowed { .. }) => add(&mut self.allowed, to.url.clone(), visits),
                (Outcome::Allowed { .. }, Outcome::Refused { .. }) => add(&mut self.refused, from.url.clone(), visits),
                _ => {}
            }
        }
    }

    fn into_impact(self) -> Impact {
        let mut rows: Vec<_> = self.rows.into_iter().map(|((flow, from, to), visits)| Row { flow, from, to, visits }).collect();
        let names = |row: &Row| [row.flow.name(), row.from.source.name(), row.to.source.name()];
        order(&mut rows, |a, b| {
            let names = || names(a).cmp(&names(b));
            b.visits.cmp(&a.visits).then_with(names).then_with(|| (&a.from.url, &a.to.url).cmp(&(&b.from.url, &b.to.url)))
        });
        let candidates = |counts: HashMap<String, u64>| {
            let mut candidates: Vec<_> = counts.into_iter().map(|(origin, visits)| Candidate { origin, visits }).collect();
            order(&mut candidates, |a, b| b.visits.cmp(&a.visits).then_with(|| a.origin.cmp(&b.origin)));
            candidates
        };
        let (newly_allowed, newly_refused) = (candidates(self.allowed), candidates(self.refused));
        Impact { visits: self.visits, changed: self.changed, rows, newly_allowed, newly_refused, inexact_by: self.inexact_by }
    }
}

fn add<Key: Eq + Hash>(counts: &mut HashMap<Key, u64>, key: Key, visits: u64) {
    *counts.entry(key).or_default() += visits;
}

/// Puts the first [`SHOWN`] of them in order. The order of the others is not looked at.
fn order<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let shown = match items.len() {
        0..=SHOWN => items,
        _ => items.select_nth_unstable_by(SHOWN, &compare).0,
    };
    shown.sort_unstable_by(compare);
}
