//! The listener's intervals, timeouts and delays. Some are random, so that many runtimes don't query the database at the same time.

use std::{fmt, ops::Range, time::Duration};

/// The listener's times.
#[derive(Clone, Debug)]
pub struct Timing {
    /// How long after the versions were read they are read again: a random time in this range.
    pub poll_interval: Range<Duration>,
    /// How long one step may take, such as connecting or a small query.
    pub step_timeout: Duration,
    /// How long a notification may take to arrive.
    pub probe_timeout: Duration,
    /// How long it waits after the first error, and how long at most.
    pub retry_delay: Range<Duration>,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_secs(15)..Duration::from_secs(30),
            step_timeout: Duration::from_secs(5),
            probe_timeout: Duration::from_secs(5),
            retry_delay: Duration::from_millis(100)..Duration::from_secs(5),
        }
    }
}

impl Timing {
    /// How long until the versions are read again.
    pub(super) fn next_poll(&self) -> Duration {
        random_in(&self.poll_interval)
    }

    /// How long to wait after an error, with that many errors before it: twice as long each time, minus a random part of up to a half.
    pub(super) fn retry_delay_after(&self, failures: u32) -> Duration {
        let longest = self.retry_delay.start.saturating_mul(2_u32.saturating_pow(failures)).min(self.retry_delay.end);
        random_in(&(longest / 2..longest))
    }

    /// How long reloading some instances may take.
    pub(super) fn reload_timeout(&self) -> Duration {
        self.step_timeout * 4
    }
}

/// The interval between polls.
impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} s", self.poll_interval.start.as_secs(), self.poll_interval.end.as_secs())
    }
}

/// A random time in a range; without random bytes, its end.
fn random_in(range: &Range<Duration>) -> Duration {
    let mut bytes = [0; 2];
    let share = getrandom::fill(&mut bytes).map_or(u16::MAX, |()| u16::from_be_bytes(bytes));
    range.start + (range.end.saturating_sub(range.start)) * u32::from(share) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_delays_double_up_to_the_longest_and_are_random() {
        let timing = Timing::default();
        for (failures, longest) in [(0, 100), (1, 200), (2, 400), (5, 3200), (6, 5000), (60, 5000), (u32::MAX, 5000)] {
            let longest = Duration::from_millis(longest);
            let delays: Vec<Duration> = (0..50).map(|_| timing.retry_delay_after(failures)).collect();
            assert!(delays.iter().all(|delay| (longest / 2..=longest).contains(delay)), "{failures}: {delays:?}");
            assert!(delays.windows(2).any(|two| two[0] != two[1]), "{failures}");
        }
    }

    #[test]
    fn versions_are_read_every_15_to_30_s() {
        let timing = Timing::default();
        let waits: Vec<Duration> = (0..50).map(|_| timing.next_poll()).collect();
        assert!(waits.iter().all(|wait| (15.0..=30.0).contains(&wait.as_secs_f64())), "{waits:?}");
        assert!(waits.windows(2).any(|two| two[0] != two[1]));
        assert_eq!(timing.to_string(), "15 to 30 s");
    }
}
