//! What would become of an instance if settings of another one were copied to it. Origins come first, and fallback redirects are
//! held against the instance as it is with them.

use super::form::CopyForm;
use crate::{
    fallbacks::proposal::{Proposal, ProposalRow},
    insight::impact::measure::Proposed,
    instances::stored::StoredInstance,
    redirects::{AllowedOrigin, Fallbacks, Flow, Instance, MAX_ORIGINS, parse_fallback},
};

/// What would change, and what is refused.
#[derive(Clone, Debug)]
pub struct Plan {
    target: StoredInstance,
    after: StoredInstance,
    origins: Vec<OriginRow>,
    proposal: Proposal,
}

/// An origin that the source allows and the target does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginRow {
    /// The origin, as the source has it.
    pub text: String,
    /// Why the target's rules refuse it.
    pub refused: Option<String>,
}

impl Plan {
    /// Everything that the source has and the target has not, or of that only what is checked. What is empty in the source
    /// leaves the target alone.
    pub fn new(target: &StoredInstance, source: &StoredInstance, checked: Option<&CopyForm>) -> Self {
        let mut after = target.clone();
        let mut origins = Vec::new();
        for text in &source.settings.allowed_origins {
            if checked.is_none_or(|form| form.has_origin(text))
                && let Some(row) = add(&mut after, text)
            {
                origins.push(row);
            }
        }
        let mut wanted: Fallbacks = target.fallbacks.clone();
        for flow in Flow::ALL {
            if let Some(value) = source.fallbacks.get(flow)
                && checked.is_none_or(|form| form.has_flow(flow))
            {
                wanted.set(flow, value);
            }
        }
        let proposal = Proposal::new(&after, &wanted);
        Self { target: target.clone(), after, origins, proposal }
    }

    /// The origins that the target has not.
    pub fn origins(&self) -> &[OriginRow] {
        &self.origins
    }

    /// The flows whose fallback redirects differ.
    pub fn redirects(&self) -> &[ProposalRow] {
        self.proposal.rows()
    }

    /// The origins of the target as they would be.
    pub fn allowed_origins(&self) -> &[String] {
        &self.after.settings.allowed_origins
    }

    /// The fallback redirects of the target as they would be.
    pub fn fallbacks(&self) -> Fallbacks {
        self.proposal.result()
    }

    /// The settings of the target as they would be.
    pub fn proposed(&self) -> Proposed {
        Proposed { instance: self.after.instance.clone(), fallbacks: self.fallbacks() }
    }

    /// Whether the target would stay as it is.
    pub fn changes_nothing(&self) -> bool {
        self.proposal.changes_nothing() && self.origins.iter().all(|row| row.refused.is_some())
    }

    /// The fields with something that is refused, by the names that forms have for them.
    pub fn left_out(&self) -> Vec<&'static str> {
        let origins = self.origins.iter().any(|row| row.refused.is_some()).then_some("allowed_origins");
        let flows = self.redirects().iter().filter(|row| row.refused.is_some()).map(|row| row.flow.field());
        origins.into_iter().chain(flows).collect()
    }

    /// The origin without which the target's rules refuse what is proposed for a flow; `None` where it needs none.
    pub fn needs(&self, row: &ProposalRow) -> Option<&str> {
        let value = row.then.as_deref()?;
        let allows = |stored: &StoredInstance| parse_fallback(&stored.instance, row.flow, value).is_ok();
        if row.refused.is_some() || allows(&self.target) {
            return None;
        }
        let enough = |origin: &&OriginRow| {
            let mut alone = self.target.clone();
            add(&mut alone, &origin.text).is_some_and(|row| row.refused.is_none()) && allows(&alone)
        };
        self.origins.iter().find(enough).map(|origin| origin.text.as_str())
    }
}

/// Allows another origin in an instance, unless its rules refuse that; `None` where it allows it already.
fn add(stored: &mut StoredInstance, text: &str) -> Option<OriginRow> {
    let refused = |why: String| Some(OriginRow { text: text.to_owned(), refused: Some(why) });
    let origin = match AllowedOrigin::parse(text, stored.settings.environment) {
        Ok(origin) => origin,
        Err(why) => return refused(why.to_string()),
    };
    if stored.instance.allowed_origins().contains(&origin) {
        return None;
    }
    // Those count as well that are stored and no longer valid.
    if stored.settings.allowed_origins.len() >= MAX_ORIGINS {
        return refused(format!("{MAX_ORIGINS} origins at most, and there are as many already."));
    }
    let mut settings = stored.settings.clone();
    settings.allowed_origins.push(origin.to_string());
    match Instance::restore(settings.clone(), stored.instance.version()) {
        Ok(instance) => {
            stored.instance = instance;
            stored.settings = settings;
            Some(OriginRow { text: text.to_owned(), refused: None })
        }
        Err(errors) => refused(errors.first().map_or_else(String::new, ToString::to_string)),
    }
}
