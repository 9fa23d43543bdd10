//! How often the listener asks, how long it waits, and how long it rests after an error. At random, so that many runtimes don't
//! all ask at once.

use std::{fmt, ops::Range, time::Duration};

/// The listener's times.
#[derive(Clone, Debug)]
pub struct Pace {
    /// How long after the versions were asked for they are asked for again.
    pub ask_every: Range<Duration>,
    /// How long one step may take: to connect, one small query.
    pub patience: Duration,
    /// How long a notification may take.
    pub probe: Duration,
    /// How long it rests after the first error, and how long at most.
    pub rest: Range<Duration>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            ask_every: Duration::from_secs(15)..Duration::from_secs(30),
            patience: Duration::from_secs(5),
            probe: Duration::from_secs(5),
            rest: Duration::from_millis(100)..Duration::from_secs(5),
        }
    }
}

impl Pace {
    /// How long until the versions are asked for again.
    pub(super) fn until_next(&self) -> Duration {
        between(&self.ask_every)
    }

    /// How long to rest after that many errors before this one: twice as long each time, and at random up to a half less.
    pub(super) fn rest(&self, failures: u32) -> Duration {
        let longest = self.rest.start.saturating_mul(2_u32.saturating_pow(failures)).min(self.rest.end);
        between(&(longest / 2..longest))
    }

    /// How long what asks for everything in memory may take.
    pub(super) fn patience_for_many(&self) -> Duration {
        self.patience * 4
    }
}

/// The times between questions, as people say them.
impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} s", self.ask_every.start.as_secs(), self.ask_every.end.as_secs())
    }
}

/// A time at random. Without random bytes it is the longest.
fn between(range: &Range<Duration>) -> Duration {
    let mut bytes = [0; 2];
    let share = getrandom::fill(&mut bytes).map_or(u16::MAX, |()| u16::from_be_bytes(bytes));
    range.start + (range.end.saturating_sub(range.start)) * u32::from(share) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_up_to_the_longest_and_are_at_random() {
        let pace = Pace::default();
        for (failures, longest) in [(0, 100), (1, 200), (2, 400), (5, 3200), (6, 5000), (60, 5000), (u32::MAX, 5000)] {
            let longest = Duration::from_millis(longest);
            let rests: Vec<Duration> = (0..50).map(|_| pace.rest(failures)).collect();
            assert!(rests.iter().all(|rest| (longest / 2..=longest).contains(rest)), "{failures}: {rests:?}");
            assert!(rests.windows(2).any(|two| two[0] != two[1]), "{failures}");
        }
    }

    #[test]
    fn versions_are_asked_for_every_15_to_30_s() {
        let pace = Pace::default();
        let waits: Vec<Duration> = (0..50).map(|_| pace.until_next()).collect();
        assert!(waits.iter().all(|wait| (15.0..=30.0).contains(&wait.as_secs_f64())), "{waits:?}");
        assert!(waits.windows(2).any(|two| two[0] != two[1]));
        assert_eq!(pace.to_string(), "15 to 30 s");
    }
}
