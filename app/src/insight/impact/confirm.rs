//! When saving asks first, and how somebody says that they have seen what it means.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::between::{Impact, Rules};
use crate::redirects::{Environment, Flow};

/// Asks to see the impact without saving, whatever it is.
pub const SHOW: &str = "show";

/// The share of a production instance's visits above which saving asks first, in thousandths.
const MAX_SHARE: u64 = 50;

/// Fewer visits than these say little about a share, so saving does not ask.
const MIN_VISITS: u64 = 20;

/// How many visits a change concerns, as it is recorded with the change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// All visits that were counted in a week.
    pub visits: u64,
    /// How many of them end elsewhere since.
    pub changed: u64,
}

impl Figure {
    /// The share that ends elsewhere, in thousandths.
    fn share(self) -> u64 {
        self.changed.saturating_mul(1000).checked_div(self.visits).unwrap_or_default()
    }

    /// Whether saving asks first.
    pub fn needs_confirmation(self, environment: Environment) -> bool {
        // Not by the rounded share.
        environment == Environment::Production
            && self.visits >= MIN_VISITS
            && self.changed.saturating_mul(1000) > self.visits.saturating_mul(MAX_SHARE)
    }
}

impl From<&Impact> for Figure {
    fn from(impact: &Impact) -> Self {
        Self { visits: impact.visits, changed: impact.changed }
    }
}

/// What somebody has seen: settings that take the place of a version, and the share of the visits that they concern. Another version,
/// other settings or a clearly greater share have to be seen again; a few more visits since don't matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    version: i64,
    share: u64,
    rules: String,
}

impl Seen {
    /// What a page with this figure shows.
    pub fn new(version: i64, after: Rules<'_>, figure: Figure) -> Self {
        Self { version, share: figure.share(), rules: fingerprint(after) }
    }

    /// What Undo confirms: the settings from before the save.
    pub fn undo(version: i64, before: Rules<'_>) -> Self {
        Self { version, share: 1000, rules: fingerprint(before) }
    }

    /// Whether the text in a form says that its sender has seen this.
    pub fn is_confirmed_by(&self, text: &str) -> bool {
        let mut parts = text.splitn(3, '-');
        let (Some(version), Some(share), Some(rules)) = (parts.next(), parts.next(), parts.next()) else { return false };
        let share: Option<u64> = share.parse().ok();
        version.parse() == Ok(self.version) && rules == self.rules && share.is_some_and(|share| self.share <= share + MAX_SHARE)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.version, self.share, self.rules)
    }
}

/// The first half of a hash of what decides visits.
fn fingerprint(Rules { instance, fallbacks }: Rules<'_>) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update(part);
        hash.update([0]);
    };
    add(instance.environment().name());
    add(instance.domain().as_str());
    add(instance.portal_origin().as_str());
    add(instance.home_url().as_str());
    for flow in Flow::ALL {
        add(fallbacks.get(flow).unwrap_or_default());
    }
    // Their order decides nothing.
    let mut origins: Vec<_> = instance.allowed_origins().iter().map(ToString::to_string).collect();
    origins.sort();
    for origin in &origins {
        add(origin);
    }
    URL_SAFE_NO_PAD.encode(&hash.finalize()[..16])
}
