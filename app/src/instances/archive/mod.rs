//! Archiving: an instance's portal is closed, and for a while an owner can bring it back. Its slug and its portal origin stay
//! taken, as links to them are still about.

mod store;
pub mod view;

use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use crate::redirects::Environment;

pub(crate) use store::archive_at;
pub use store::{archive, count, find, list, restorable, unarchive};

/// How long an archived instance can be restored, in days.
pub const RESTORABLE_DAYS: i32 = 30;

/// The same in hours, which are as long in every time zone.
pub(crate) const RESTORABLE_HOURS: i32 = RESTORABLE_DAYS * 24;

/// What is typed to archive an instance.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveForm {
    /// The instance's slug, to confirm it.
    pub slug: String,
}

/// An archived instance, as the list shows it.
#[derive(Clone, Debug)]
pub struct ArchivedInstance {
    /// The name in URLs.
    pub slug: String,
    /// The name on screens.
    pub name: String,
    /// Development or production.
    pub environment: Environment,
    /// The domain as typed.
    pub domain: String,
    /// Until when it can be restored.
    pub until: OffsetDateTime,
    /// Whether the caller is an owner, and may restore it.
    pub is_owned: bool,
}

fn until(archived_at: OffsetDateTime) -> OffsetDateTime {
    archived_at + Duration::hours(RESTORABLE_HOURS.into())
}

/// What the page of an archived instance says about restoring it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restorable {
    /// The instance's slug.
    pub slug: String,
    /// Until when it can be restored; `None` where that is over.
    pub until: Option<OffsetDateTime>,
    /// Whether the caller is an owner, and may restore it.
    pub is_owned: bool,
}
