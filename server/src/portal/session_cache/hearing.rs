//! Whether this runtime hears of sessions that end elsewhere.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A time during which every end of a session is heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Since(u64);

/// The state of one process. Clones share it. The number is odd while it hears, and grows with each change.
#[derive(Clone, Debug, Default)]
pub(super) struct Hearing(Arc<AtomicU64>);

impl Hearing {
    /// The present time of hearing; `None` while nothing is heard.
    pub(super) fn since(&self) -> Option<Since> {
        let number = self.0.load(Ordering::SeqCst);
        (number % 2 == 1).then_some(Since(number))
    }

    /// From now on it hears.
    pub(super) fn begin(&self) {
        self.change(|number| number % 2 == 0, 1);
    }

    /// From now on it does not, or it may have missed something.
    pub(super) fn end(&self) {
        self.change(|number| number % 2 == 1, 1);
    }

    /// What was known before does not count any more.
    pub(super) fn begin_again(&self) {
        self.change(|number| number % 2 == 1, 2);
    }

    fn change(&self, is_due: impl Fn(u64) -> bool, by: u64) {
        let changed = |number| is_due(number).then_some(number + by);
        // An error says that it is so already.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, changed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_of_hearing_is_another_one() {
        let hearing = Hearing::default();
        assert_eq!(hearing.since(), None);
        hearing.end();
        hearing.begin_again();
        assert_eq!(hearing.since(), None);
        hearing.begin();
        let first = hearing.since().unwrap();
        hearing.begin();
        assert_eq!(hearing.since(), Some(first));
        hearing.begin_again();
        let second = hearing.since().unwrap();
        hearing.end();
        assert_eq!(hearing.since(), None);
        hearing.begin();
        assert!(![Some(first), Some(second), None].contains(&hearing.since()));
    }
}
