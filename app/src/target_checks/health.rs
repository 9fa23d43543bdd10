//! How a target is, for a screen: what its last check found, or that there is none yet.

use std::time::Duration;

use leptos::prelude::use_context;
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};
use url::Url;

use super::{InstanceChecks, Severity, Target, TargetCheck, TargetChecks, store};
use crate::{
    error::AppError,
    instances::stored::StoredInstance,
    layout::loading,
    redirects::{Flow, parse_fallback},
};

/// How long "Check now" waits for the outcome: the pause after an earlier check, and the check. A slow target takes longer, and its page is
/// shown without it.
const CHECK_TIMEOUT: Duration = Duration::from_secs(12);

/// How often it looks meanwhile.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// Waits until nobody waits for a check of that instance any more, for a few seconds.
pub(super) async fn wait(pool: &PgPool, instance: i64) -> sqlx::Result<()> {
    let deadline = Instant::now() + CHECK_TIMEOUT;
    while store::is_waiting(pool, instance).await? && Instant::now() < deadline {
        sleep(CHECK_INTERVAL).await;
    }
    Ok(())
}

/// How a target is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It is checked at this moment, or about to be.
    Waiting,
    /// It was never checked.
    Unchecked,
    /// What the last check found, and the time now.
    Checked(TargetCheck, OffsetDateTime),
}

impl Health {
    /// How much it matters.
    pub(super) fn severity(&self) -> Severity {
        match self {
            Self::Waiting | Self::Unchecked => Severity::Information,
            Self::Checked(check, now) => check.outcome.severity(*now),
        }
    }
}

/// The health of an instance's targets.
#[derive(Clone, Debug)]
pub(crate) struct TargetHealth(InstanceChecks);

impl TargetHealth {
    /// Reads it. `None` where targets are not checked.
    ///
    /// # Errors
    /// The database does not answer.
    pub(crate) async fn load(stored: &StoredInstance) -> Result<Option<Self>, AppError> {
        if use_context::<TargetChecks>().unwrap_or_default() == TargetChecks::Off {
            return Ok(None);
        }
        store::find(&loading::pool()?, stored.id).await.map(|checks| Some(Self(checks))).map_err(loading::unavailable)
    }

    /// How a target is, if it leads to that URL.
    pub(crate) fn of(&self, target: Target, url: &Url) -> Health {
        match self.0.of(target, url.as_str()) {
            Some(check) => Health::Checked(check.clone(), self.0.now),
            None if self.0.is_waiting => Health::Waiting,
            None => Health::Unchecked,
        }
    }

    /// How the place is where a flow ends if a link says nothing. `None` if what is stored is skipped.
    pub(crate) fn of_flow(&self, stored: &StoredInstance, flow: Flow) -> Option<Health> {
        match stored.fallbacks.get(flow) {
            Some(value) => {
                let url = parse_fallback(&stored.instance, flow, value).ok()?.url;
                Some(self.of(Target::Fallback(flow), &url))
            }
            None => Some(self.of_home(stored)),
        }
    }

    /// How the home URL is.
    pub(crate) fn of_home(&self, stored: &StoredInstance) -> Health {
        self.of(Target::HomeUrl, stored.instance.home_url())
    }

    /// How the portal origin is.
    pub(crate) fn of_portal(&self, stored: &StoredInstance) -> Health {
        let url = Url::parse(stored.instance.portal_origin().as_str());
        url.map_or(Health::Unchecked, |url| self.of(Target::PortalOrigin, &url))
    }
}
