//! A visit as it is counted: what decided, and the shape of its link.

use sha2::{Digest, Sha256};

use crate::redirects::{CandidateShape, Flow, Instance, LinkShape, Outcome, Refusal, Resolution, Source, Visit};

/// What is counted of a visit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CountedVisit<'a> {
    /// What it belongs to where its shape is not kept.
    pub decision: Decision,
    /// The shape of its link.
    pub link: LinkShape<'a>,
}

/// How a visit was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// The flow that ended.
    pub flow: Flow,
    /// The source of the target.
    pub source: Source,
    /// Why the link's candidates were refused, in the order of [`LinkShape::candidates`].
    pub refused: [Option<Refusal>; 3],
}

impl<'a> CountedVisit<'a> {
    /// What is counted of a visit that resolved so.
    pub fn of(instance: &Instance, visit: Visit<'_>, resolution: &'a Resolution<'_>) -> Self {
        let refused = [Source::ForceParam, Source::RedirectUrl, Source::FallbackParam].map(|source| {
            resolution.steps.iter().find(|step| step.source == source).and_then(|step| match step.outcome {
                Outcome::Refused { reason } => Some(reason),
                _ => None,
            })
        });
        let decision = Decision { flow: visit.flow, source: resolution.source, refused };
        Self { decision, link: LinkShape::of(instance, visit, resolution) }
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> CountedVisit<'static> {
        CountedVisit { decision: self.decision, link: self.link.into_owned() }
    }

    /// The refused candidates as they are stored: the reason and, after a space, the origin or scheme where there is one.
    pub fn refused(&self) -> Vec<String> {
        let candidates = self.link.candidates().into_iter().map(|(_, shape)| shape);
        let mut refused: Vec<_> = candidates
            .zip(self.decision.refused)
            .filter_map(|(shape, reason)| {
                let name = shape.map(CandidateShape::name).unwrap_or_default();
                Some(format!("{} {name}", reason?.name()).trim_end().to_owned())
            })
            .collect();
        refused.sort();
        refused.dedup();
        refused
    }
}

impl Decision {
    /// The reasons as they are stored where the shapes are not kept.
    pub fn refused(&self) -> Vec<String> {
        let mut refused: Vec<_> = self.refused.iter().flatten().map(|reason| reason.name().to_owned()).collect();
        refused.sort();
        refused.dedup();
        refused
    }

    /// The key of what is stored: one number of visits for each hour.
    pub fn hash(&self, refused: &[String], link: Option<&str>) -> [u8; 16] {
        let mut hash = Sha256::new();
        for part in [self.flow.name(), self.source.name()].into_iter().chain(refused.iter().map(String::as_str)) {
            hash.update(part);
            hash.update("\n");
        }
        hash.update(link.unwrap_or_default());
        let mut first = [0; 16];
        first.copy_from_slice(&hash.finalize()[..16]);
        first
    }
}
