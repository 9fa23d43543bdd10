//! Saves that are served and not yet reported. While many arrive, they are reported together: each report is a transaction, during which the
//! listener hears nothing.

use std::{collections::BTreeMap, time::Duration};

use app::runtimes::ServedSave;
use tokio::time::Instant;

/// The shortest time between two reports.
const INTERVAL: Duration = Duration::from_millis(100);

/// The saves, and since when they are served.
#[derive(Debug, Default)]
pub(super) struct Reloaded {
    saves: BTreeMap<i64, (ServedSave, Instant)>,
    reported: Option<Instant>,
}

impl Reloaded {
    pub(super) fn is_empty(&self) -> bool {
        self.saves.is_empty()
    }

    /// Adds saves that are served from now on.
    pub(super) fn add(&mut self, saves: BTreeMap<i64, ServedSave>) {
        let now = Instant::now();
        self.saves.extend(saves.into_iter().map(|(id, save)| (id, (save, now))));
    }

    /// When they are to be reported: at once, unless the last report was a moment ago.
    pub(super) fn due(&self) -> Instant {
        self.reported.map_or_else(Instant::now, |reported| reported + INTERVAL)
    }

    /// Takes them all, to report them now.
    pub(super) fn take(&mut self) -> BTreeMap<i64, (ServedSave, Instant)> {
        self.reported = Some(Instant::now());
        std::mem::take(&mut self.saves)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_first_report_is_due_at_once_and_what_comes_soon_after_is_reported_together() {
        let save = |instance, version| (instance, ServedSave { instance, version, save_id: Uuid::nil() });
        let mut reloaded = Reloaded::default();
        assert!(reloaded.is_empty() && reloaded.due() <= Instant::now());
        reloaded.add([save(1, 1)].into());
        assert_eq!(reloaded.take().len(), 1);
        let reported = Instant::now();
        reloaded.add([save(1, 2), save(2, 5)].into());
        reloaded.add([save(1, 3)].into());
        assert!(reloaded.due() > reported && reloaded.due() <= reported + INTERVAL);
        let together: Vec<_> = reloaded.take().into_values().map(|(save, _)| (save.instance, save.version)).collect();
        assert_eq!(together, [(1, 3), (2, 5)]);
        assert!(reloaded.is_empty());
    }
}
