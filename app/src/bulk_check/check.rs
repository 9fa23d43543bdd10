//! One line of a list: where its link ends, and what is refused or odd on the way.

use super::list::Line;
use crate::redirects::{DirectLink, Fallbacks, Instance, Source, Visit, explain_first_refusal, resolve};

/// What a check found of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that the link asks for is allowed.
    Allowed,
    /// Something that was tried on its way is refused.
    Refused,
    /// It leads to no page of this portal that has a redirect.
    NoLink,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 3] = [Self::Allowed, Self::Refused, Self::NoLink];

    /// The verdict's name in forms and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::NoLink => "no-link",
        }
    }

    /// The verdict of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

/// A line of the list, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line that it begins on.
    pub number: usize,
    /// The link as given.
    pub link: String,
    /// Where it ends, and the source of that; `None` where it is no link.
    pub end: Option<(String, Source)>,
    /// What was found.
    pub verdict: Verdict,
    /// Why it is refused or no link, and what is odd about it, in sentences; empty where nothing is to be said.
    pub reason: String,
}

/// Checks a line as a visit without a known requesting page.
pub fn check(instance: &Instance, fallbacks: &Fallbacks, Line { number, text }: &Line) -> Row {
    let row = |verdict, end, reason| Row { number: *number, link: text.clone(), end, verdict, reason };
    let direct = match DirectLink::parse(instance, text) {
        Ok(direct) => direct,
        Err(not) => return row(Verdict::NoLink, None, not.explain(instance).to_string()),
    };
    let link = direct.link();
    let visit = Visit { flow: direct.flow(), link: &link, requesting: None };
    let resolution = resolve(instance, fallbacks, visit);
    let refused = explain_first_refusal(instance, visit, &resolution);
    let verdict = if refused.is_some() { Verdict::Refused } else { Verdict::Allowed };
    let refused = refused.map(|(source, explanation)| format!("{}: {explanation}", source.title()));
    let said: Vec<String> = refused.into_iter().chain(direct.oddities()).collect();
    row(verdict, Some((resolution.target.to_string(), resolution.source)), said.join(" "))
}
