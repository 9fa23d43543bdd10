//! The last checks of an instance's targets.

use time::OffsetDateTime;

use super::{CheckOutcome, Target};

/// Whether targets are checked, and at which addresses. It is in the context of every page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetChecks {
    /// At addresses of the public internet.
    #[default]
    Public,
    /// Also in private networks.
    Private,
    /// Not at all.
    Off,
}

/// The last check of a target, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetCheck {
    /// The target.
    pub target: Target,
    /// The URL that was checked.
    pub url: String,
    /// What came of it.
    pub outcome: CheckOutcome,
    /// When it was checked.
    pub checked_at: OffsetDateTime,
    /// Since when this URL has this outcome.
    pub state_since: OffsetDateTime,
}

impl TargetCheck {
    /// What came of it, in words.
    pub fn sentence(&self, now: OffsetDateTime) -> String {
        let (lead, rest) = super::describe::describe(self, now);
        lead + &rest
    }
}

/// The checks of an instance, as screens show them.
#[derive(Clone, Debug)]
pub struct InstanceChecks {
    /// The last check of each target that was ever checked.
    pub checks: Vec<TargetCheck>,
    /// Whether a check was asked for in the last minute and is not done.
    pub is_waiting: bool,
    /// The time on PostgreSQL's clock.
    pub now: OffsetDateTime,
}

impl InstanceChecks {
    /// The last check of a target, if it was one of that URL.
    pub(super) fn of(&self, target: Target, url: &str) -> Option<&TargetCheck> {
        self.checks.iter().find(|check| check.target == target && check.url == url)
    }
}
