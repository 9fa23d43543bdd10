//! When a check that has failed is tried again.

use std::time::Duration;

/// The longest wait between two attempts.
const MAX_RETRY_INTERVAL: Duration = Duration::from_secs(30);

/// How long to wait after that many attempts in a row have failed: one second, then twice as long each time.
pub fn retry_delay(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.saturating_sub(1).min(5)).min(MAX_RETRY_INTERVAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_one_before_up_to_half_a_minute() {
        let waits = [1, 2, 3, 4, 5, 6, 7, u32::MAX].map(|failures| retry_delay(failures).as_secs());
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    }
}
