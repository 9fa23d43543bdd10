//! Allowed origins that expire. Each is valid until its expiry time. The rules read no clock: the caller passes the time.

use std::fmt;

use serde::{Serialize, Serializer};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339, macros::format_description};
use url::{Position, Url};

use super::{AllowedOrigin, Instance};

/// A second in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The second that began so many seconds after the beginning of 1970.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// How many seconds after the beginning of 1970 it began.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// The time at which it began.
    pub fn time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(time: OffsetDateTime) -> Self {
        Self(time.unix_timestamp())
    }
}

/// `3 Dec 2026, 14:05 UTC`
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute] UTC");
        f.write_str(&self.time().to_offset(UtcOffset::UTC).format(format).unwrap_or_default())
    }
}

/// RFC 3339, in UTC.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.time().format(&Rfc3339).unwrap_or_default())
    }
}

/// An allowed origin and its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExpiringOrigin {
    /// The origin. It is no pattern.
    pub origin: AllowedOrigin,
    /// From this second on, it is not allowed.
    pub expires_at: Timestamp,
}

impl Instance {
    /// The instance with these expiring origins and no others.
    #[must_use]
    pub fn with_expiring(mut self, origins: impl IntoIterator<Item = ExpiringOrigin>) -> Self {
        let mut expiring: Vec<_> = origins.into_iter().filter(|expiring| expiring.origin.is_exact()).collect();
        // They are searched in this order.
        expiring.sort_by(|a, b| a.origin.as_str().cmp(b.origin.as_str()));
        self.expiring = expiring.into();
        self
    }

    /// The same with what is stored. What breaks a rule of today is left out.
    #[must_use]
    pub fn with_stored_expiring(self, origins: impl IntoIterator<Item = (String, Timestamp)>) -> Self {
        let environment = self.environment();
        let read = |(origin, expires_at): (String, Timestamp)| {
            Some(ExpiringOrigin { origin: AllowedOrigin::parse(&origin, environment).ok()?, expires_at })
        };
        self.with_expiring(origins.into_iter().filter_map(read))
    }

    /// The instance with the expiring origins of another one.
    #[must_use]
    pub fn with_expiring_of(mut self, other: &Self) -> Self {
        self.expiring.clone_from(&other.expiring);
        self
    }

    /// The expiring origins, by name. Those that have expired are among them until they are deleted.
    pub fn expiring_origins(&self) -> &[ExpiringOrigin] {
        &self.expiring
    }

    /// When the origin of a parsed web URL expires, or has expired. `None` if it is no expiring origin.
    pub(super) fn expiry_of(&self, url: &Url) -> Option<Timestamp> {
        // Most instances have none, and pay nothing for it.
        if self.expiring.is_empty() {
            return None;
        }
        // A URL without credentials begins with its origin.
        let origin = &url[..Position::BeforePath];
        let at = self.expiring.binary_search_by(|expiring| expiring.origin.as_str().cmp(origin)).ok()?;
        Some(self.expiring[at].expires_at)
    }
}
