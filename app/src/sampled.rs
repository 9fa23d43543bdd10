//! Log lines for what strangers can cause as often as they like: one at once, and then one a minute that says how often.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long to wait between two lines about the same event.
const LINE_INTERVAL: Duration = Duration::from_mins(1);

/// An event, counted.
#[derive(Debug)]
pub struct Sampled(Mutex<Counted>);

#[derive(Debug)]
struct Counted {
    /// How often it has happened since the last line.
    times: u64,
    /// When the last line was written.
    last: Option<Instant>,
}

impl Default for Sampled {
    fn default() -> Self {
        Self::new()
    }
}

impl Sampled {
    /// An event that has not happened yet.
    pub const fn new() -> Self {
        Self(Mutex::new(Counted { times: 0, last: None }))
    }

    /// Notes that it happened. Calls `log` if it is time for a line, with how often it has happened since the last one.
    pub fn note(&self, log: impl FnOnce(u64)) {
        self.note_at(Instant::now(), log);
    }

    fn note_at(&self, now: Instant, log: impl FnOnce(u64)) {
        // No panic can leave it half changed.
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.times += 1;
        if counted.last.is_some_and(|last| now.saturating_duration_since(last) < LINE_INTERVAL) {
            return;
        }
        counted.last = Some(now);
        let times = std::mem::take(&mut counted.times);
        drop(counted);
        log(times);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_logged_at_once_and_then_one_line_a_minute_says_how_often() {
        let (event, start) = (Sampled::new(), Instant::now());
        let mut lines = Vec::new();
        for seconds in [0, 1, 2, 59, 60, 61, 200] {
            event.note_at(start + Duration::from_secs(seconds), |times| lines.push((seconds, times)));
        }
        assert_eq!(lines, [(0, 1), (60, 4), (200, 2)]);
    }
}
