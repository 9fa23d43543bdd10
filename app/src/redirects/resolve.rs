//! Resolution: from a visit to its target, through the candidates in order.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeStruct};
use strum::{EnumString, IntoStaticStr};
use url::Url;

use super::{
    Fallbacks, Flow, Ground, Instance, LinkParams, Refusal, RequestingOrigin, Timestamp,
    fallback::check_fallback,
    policy::{self, Allowed, Refused},
};

/// Where a candidate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Source {
    /// `sign_in_force_redirect_url` or `sign_up_force_redirect_url` in the link.
    ForceParam,
    /// `redirect_url` in the link.
    RedirectUrl,
    /// `sign_in_fallback_redirect_url` or `sign_up_fallback_redirect_url` in the link.
    FallbackParam,
    /// The flow's stored fallback redirect.
    Fallback,
    /// The instance's home URL.
    HomeUrl,
}

impl Source {
    /// The source's name in JSON, CSV and the database.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The source's name on screens.
    pub fn title(self) -> &'static str {
        match self {
            Self::ForceParam => "Forced in the link",
            Self::RedirectUrl => "redirect_url",
            Self::FallbackParam => "Fallback in the link",
            Self::Fallback => "Fallback redirect",
            Self::HomeUrl => "Home URL",
        }
    }
}

/// The outcome of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has no value, or a blank one.
    Absent,
    /// The policy refused it, and the next candidate was tried.
    Refused {
        /// The rule that it broke.
        reason: Refusal,
    },
    /// It is the target.
    Allowed {
        /// The ground on which it is allowed.
        ground: Ground,
    },
    /// An earlier candidate was allowed.
    NotReached,
}

/// One candidate and its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Where it comes from.
    pub source: Source,
    /// Its value as given, if it was looked at.
    pub value: Option<Cow<'a, str>>,
    /// Its outcome.
    pub outcome: Outcome,
}

/// One object, with the reason or the ground beside the outcome. serde's `flatten` would write the same, but slower.
impl Serialize for Step<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut step = serializer.serialize_struct("Step", 4)?;
        step.serialize_field("source", &self.source)?;
        match &self.value {
            Some(value) => step.serialize_field("value", value)?,
            None => step.skip_field("value")?,
        }
        match self.outcome {
            Outcome::Absent => step.serialize_field("outcome", "absent")?,
            Outcome::Refused { reason } => {
                step.serialize_field("outcome", "refused")?;
                step.serialize_field("reason", &reason)?;
            }
            Outcome::Allowed { ground } => {
                step.serialize_field("outcome", "allowed")?;
                step.serialize_field("ground", &ground)?;
            }
            Outcome::NotReached => step.serialize_field("outcome", "not_reached")?,
        }
        step.end()
    }
}

/// The answer: the target, the source that it came from, and every step that led to it.
#[derive(Clone, Debug)]
pub struct Resolution<'a> {
    /// The flow that ends.
    pub flow: Flow,
    /// The absolute URL to send the visitor to.
    pub target: Url,
    /// The source of the target.
    pub source: Source,
    /// The version of the instance that decided.
    pub version: i64,
    /// The flow's candidates, in order.
    pub steps: Vec<Step<'a>>,
}

impl Resolution<'_> {
    /// How many fields it has in JSON.
    pub const FIELDS: usize = 5;

    /// Adds the fields to a larger object.
    ///
    /// # Errors
    /// The serializer fails.
    pub fn serialize_fields<S: SerializeStruct>(&self, object: &mut S) -> Result<(), S::Error> {
        object.serialize_field("flow", &self.flow)?;
        object.serialize_field("target", self.target.as_str())?;
        object.serialize_field("source", &self.source)?;
        object.serialize_field("version", &self.version)?;
        object.serialize_field("steps", &self.steps)
    }
}

impl Serialize for Resolution<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Resolution", Self::FIELDS)?;
        self.serialize_fields(&mut object)?;
        object.end()
    }
}

/// A visitor at the end of a flow.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The flow that ends.
    pub flow: Flow,
    /// The parameters of the direct link.
    pub link: &'a LinkParams<'a>,
    /// The requesting origin, if it is known and counts.
    pub requesting: Option<&'a RequestingOrigin>,
    /// The time. Without it, allowed origins that expire don't count.
    pub now: Option<Timestamp>,
}

/// Finds the first candidate that is present and allowed. There is always one, since the home URL is the last.
pub fn resolve<'a>(instance: &'a Instance, fallbacks: &'a Fallbacks, visit: Visit<'a>) -> Resolution<'a> {
    let mut target = None;
    let mut steps = Vec::with_capacity(5);
    for (source, value) in candidates(fallbacks, visit) {
        let step = match value.filter(|value| !value.trim_start().is_empty()) {
            _ if target.is_some() => Step { source, value: None, outcome: Outcome::NotReached },
            None => Step { source, value: None, outcome: Outcome::Absent },
            Some(value) => {
                let outcome = match check_candidate(instance, visit, source, value) {
                    Ok(Allowed { url, ground, .. }) => {
                        target = Some((url, source));
                        Outcome::Allowed { ground }
                    }
                    Err(refused) => Outcome::Refused { reason: refused.reason },
                };
                Step { source, value: Some(Cow::Borrowed(value)), outcome }
            }
        };
        steps.push(step);
    }
    steps.push(match target {
        Some(_) => Step { source: Source::HomeUrl, value: None, outcome: Outcome::NotReached },
        None => Step {
            source: Source::HomeUrl,
            value: Some(Cow::Borrowed(instance.home_url().as_str())),
            outcome: Outcome::Allowed { ground: instance.home_ground() },
        },
    });
    let (target, source) = target.unwrap_or_else(|| (instance.home_url().clone(), Source::HomeUrl));
    Resolution { flow: visit.flow, target, source, version: instance.version(), steps }
}

/// What the policy says of a candidate of a visit. A stored fallback redirect keeps the rules for stored values too, so no origin that
/// expires is a ground for it.
///
/// # Errors
/// Why the policy refuses it.
pub fn check_candidate(instance: &Instance, visit: Visit<'_>, source: Source, value: &str) -> Result<Allowed, Refused> {
    match source {
        Source::Fallback => check_fallback(instance, visit.flow, visit.requesting, value),
        _ => policy::check_at(instance, visit.flow, visit.requesting, visit.now, value),
    }
}

/// The flow's candidates before the home URL, in order.
fn candidates<'a>(fallbacks: &'a Fallbacks, visit: Visit<'a>) -> impl Iterator<Item = (Source, Option<&'a str>)> {
    let Visit { flow, link, .. } = visit;
    let own = matches!(flow, Flow::SignIn | Flow::SignUp);
    [
        own.then(|| (Source::ForceParam, link.force_redirect_url(flow))),
        (flow != Flow::Logo).then_some((Source::RedirectUrl, link.redirect_url.as_deref())),
        own.then(|| (Source::FallbackParam, link.fallback_redirect_url(flow))),
        Some((Source::Fallback, fallbacks.get(flow))),
    ]
    .into_iter()
    .flatten()
}
