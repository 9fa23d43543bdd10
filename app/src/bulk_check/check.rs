//! Checks one line of a list: where its link leads, what is refused, and what looks odd.

use strum::EnumCount;

use super::list::Line;
use crate::redirects::{
    AllowedOrigin, DirectLink, Fallbacks, Instance, Source, Timestamp, Visit, explain_first_refusal, first_missing_origin, resolve,
};

/// The result of checking a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount)]
pub enum LinkOutcome {
    /// The link gets what it asks for.
    Allowed,
    /// A value that was tried is refused.
    Refused,
    /// It does not lead to a page of this portal that has a redirect.
    NoLink,
}

impl LinkOutcome {
    /// Every outcome.
    pub const ALL: [Self; Self::COUNT] = [Self::Allowed, Self::Refused, Self::NoLink];

    /// The outcome's name in forms and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::NoLink => "no-link",
        }
    }

    /// The outcome with that name; `None` if there is none.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// A checked line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedLink {
    /// The number of the line that it begins on.
    pub line: usize,
    /// The link as given.
    pub link: String,
    /// The URL where it leads, and the source of that URL; `None` if it is not a link to this portal.
    pub target: Option<(String, Source)>,
    /// The result of the check.
    pub outcome: LinkOutcome,
    /// Sentences that say why it is refused or not a link, and what looks like a mistake in it. Empty if there is nothing to say.
    pub reason: String,
    /// The origin that would have to be allowed for the value that is refused.
    pub missing: Option<AllowedOrigin>,
    /// Sentences that are good to know and name no mistake. Empty if there is nothing to say.
    pub note: String,
    /// The link that was probably meant, if there is something to correct.
    pub corrected: Option<String>,
}

/// Checks a line as a visit at that time, without a known requesting page.
pub fn check(instance: &Instance, fallbacks: &Fallbacks, now: Option<Timestamp>, Line { number, text }: &Line) -> CheckedLink {
    let checked = CheckedLink {
        line: *number,
        link: text.clone(),
        target: None,
        outcome: LinkOutcome::NoLink,
        reason: String::new(),
        missing: None,
        note: String::new(),
        corrected: None,
    };
    let direct = match DirectLink::parse(instance, text) {
        Ok(direct) => direct,
        Err(not) => {
            return CheckedLink { reason: not.explain(instance).to_string(), corrected: not.corrected(instance, now, text), ..checked };
        }
    };
    let link = direct.link();
    let visit = Visit { flow: direct.flow(), link: &link, requesting: None, now };
    let resolution = resolve(instance, fallbacks, visit);
    let refused = explain_first_refusal(instance, visit, &resolution);
    let outcome = if refused.is_some() { LinkOutcome::Refused } else { LinkOutcome::Allowed };
    let refused = refused.map(|(source, explanation)| format!("{}: {explanation}", source.title()));
    let advice = direct.advice(instance, now);
    let reasons: Vec<String> = refused.into_iter().chain(advice.mistakes).collect();
    CheckedLink {
        target: Some((resolution.target.to_string(), resolution.source)),
        outcome,
        reason: reasons.join(" "),
        missing: first_missing_origin(instance, visit, &resolution),
        note: advice.notes.join(" "),
        corrected: advice.corrected,
        ..checked
    }
}
