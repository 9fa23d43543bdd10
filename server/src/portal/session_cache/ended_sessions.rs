//! Which sessions have ended, as far as a notification can say it.

use std::collections::BTreeSet;

/// Sessions that have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::portal) enum EndedSessions {
    /// Perhaps any.
    All,
    /// Those with these keys.
    Some(BTreeSet<i64>),
}

impl EndedSessions {
    pub(in crate::portal) const NONE: Self = Self::Some(BTreeSet::new());

    /// Those and these.
    pub(in crate::portal) fn and(self, others: Self) -> Self {
        match (self, others) {
            (Self::Some(mut some), Self::Some(others)) => {
                some.extend(others);
                Self::Some(some)
            }
            _ => Self::All,
        }
    }
}
