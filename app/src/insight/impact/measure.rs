//! Measures the impact of a change, within a time limit: nobody waits long for it, and saving never depends on it.

use std::time::Duration;

use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::time::timeout;

use super::{
    between::{Impact, Rules, between},
    confirm::Figure,
    store::counts,
};
use crate::{
    database::log_failure,
    heavy_work::IMPACTS,
    insight::range::Range,
    instances::stored::StoredInstance,
    redirects::{Fallbacks, Instance},
    sampled::Sampled,
};

/// The visits that the impact of a change is said for.
pub const LATELY: Range = Range::Week;

/// How long anybody waits for an impact.
const IMPACT_TIMEOUT: Duration = Duration::from_secs(2);

/// Impacts that were not measured in time.
static LATE: Sampled = Sampled::new();

/// The settings that a form proposes.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// The instance.
    pub instance: Instance,
    /// Its fallback redirects.
    pub fallbacks: Fallbacks,
}

impl Proposed {
    /// What is stored, as if somebody proposed it.
    pub fn stored(stored: &StoredInstance) -> Self {
        Self { instance: stored.instance.clone(), fallbacks: stored.fallbacks.clone() }
    }

    /// Borrowed.
    pub fn rules(&self) -> Rules<'_> {
        Rules { instance: &self.instance, fallbacks: &self.fallbacks }
    }
}

/// What is known of an impact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measured {
    /// The database did not answer in time.
    Unknown,
    /// No visits were counted.
    NoVisits,
    /// Visits were counted.
    Known(Impact),
}

impl Measured {
    /// The figure to record, if it is known.
    pub fn figure(&self) -> Option<Figure> {
        match self {
            Self::Known(impact) => Some(impact.into()),
            Self::Unknown | Self::NoVisits => None,
        }
    }
}

/// The impact of replacing what is stored by what is proposed, on the visits of a range until now.
pub async fn measure(pool: &PgPool, stored: &StoredInstance, proposed: &Proposed, range: Range) -> Measured {
    // Nobody is served by settings that can't be restored.
    if stored.unusable.is_some() {
        return Measured::NoVisits;
    }
    let (pool, id, proposed) = (pool.clone(), stored.id, proposed.clone());
    // Forms don't have the expiring origins, and no save changes them.
    let proposed = Proposed { instance: proposed.instance.with_expiring_of(&stored.instance), ..proposed };
    let now = OffsetDateTime::now_utc();
    let (before, since) = (Proposed::stored(stored), range.since(now));
    // The limit inside ends the query when nobody waits for it any more.
    let work = IMPACTS.run_async(Box::pin(async move {
        let counts = timeout(IMPACT_TIMEOUT, counts(&pool, id, since)).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
        let (shapes, others) = counts.read();
        Ok::<_, sqlx::Error>(between(before.rules(), proposed.rules(), Some(now.into()), &shapes, &others))
    }));
    match timeout(IMPACT_TIMEOUT, work).await {
        Ok(Ok(Ok(Impact { visits: 0, .. }))) => Measured::NoVisits,
        Ok(Ok(Ok(impact))) => Measured::Known(impact),
        Ok(Ok(Err(error))) => {
            log_failure(&error, "the impact of a change could not be measured");
            Measured::Unknown
        }
        Ok(Err(_)) | Err(_) => {
            LATE.note(|times| tracing::warn!(times, "the impact of a change was not measured in time"));
            Measured::Unknown
        }
    }
}
