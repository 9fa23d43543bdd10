//! A rate limit by key: a burst of attempts, then one more after each interval. Nobody is locked out for good, since attempts come
//! back by themselves.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

pub(crate) use app::credentials::client::network;

/// How many keys a limit holds before it drops those whose attempts have all come back.
const MAX_KEYS: usize = 10_000;

/// Too many attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimited {
    /// After how many seconds the next attempt is possible.
    pub(crate) seconds: u64,
}

/// How often something may be attempted, by key.
#[derive(Debug)]
pub(crate) struct RateLimit<Key> {
    burst: u32,
    interval: Duration,
    used: Mutex<Used<Key>>,
}

#[derive(Debug)]
struct Used<Key> {
    /// When all attempts of a key will have come back.
    until: HashMap<Key, Instant>,
    /// When keys were last dropped.
    tidied: Instant,
}

impl<Key: Clone + Eq + Hash> RateLimit<Key> {
    /// Allows `burst` attempts at once, and one more after each `interval`.
    pub(crate) fn new(burst: u32, interval: Duration) -> Self {
        Self { burst, interval, used: Mutex::new(Used { until: HashMap::new(), tidied: Instant::now() }) }
    }

    /// Uses one attempt of that key (the generic cell rate algorithm).
    ///
    /// # Errors
    /// None is left.
    pub(crate) fn take(&self, key: &Key) -> Result<(), RateLimited> {
        let now = Instant::now();
        let mut used = self.used();
        used.tidy(now);
        let until = used.until.get(key).copied().unwrap_or(now).max(now) + self.interval;
        let wait = until.duration_since(now).saturating_sub(self.interval * self.burst);
        if !wait.is_zero() {
            return Err(RateLimited { seconds: wait.as_secs() + 1 });
        }
        used.until.insert(key.clone(), until);
        Ok(())
    }

    /// How many attempts of that key are left.
    pub(crate) fn left(&self, key: &Key) -> u32 {
        let now = Instant::now();
        let until = self.used().until.get(key).copied().unwrap_or(now).max(now);
        let used = until.duration_since(now).as_nanos().div_ceil(self.interval.as_nanos().max(1));
        self.burst.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX))
    }

    /// Gives an attempt of that key back, which turned out to be none: the right password.
    pub(crate) fn give_back(&self, key: &Key) {
        let mut used = self.used();
        if let Some(until) = used.until.get_mut(key) {
            *until = until.checked_sub(self.interval).unwrap_or(*until);
        }
    }

    fn used(&self) -> MutexGuard<'_, Used<Key>> {
        // No panic can leave it half changed.
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Key: Eq + Hash> Used<Key> {
    /// Drops keys whose attempts have all come back, if there are many; once a second, however many attempts there are.
    fn tidy(&mut self, now: Instant) {
        if self.until.len() >= MAX_KEYS && now.duration_since(self.tidied) >= Duration::from_secs(1) {
            self.until.retain(|_, until| *until > now);
            self.tidied = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_burst_and_is_told_how_long_to_wait() {
        let limit = RateLimit::new(3, Duration::from_secs(30));
        assert_eq!((0..10).filter(|_| limit.take(&"a").is_ok()).count(), 3);
        assert!((1..=30).contains(&limit.take(&"a").unwrap_err().seconds));
        assert_eq!(limit.take(&"b"), Ok(()));
    }

    #[test]
    fn what_is_left_is_known() {
        let limit = RateLimit::new(3, Duration::from_secs(30));
        assert_eq!(limit.left(&"a"), 3);
        limit.take(&"a").unwrap();
        assert_eq!((limit.left(&"a"), limit.left(&"b")), (2, 3));
        assert_eq!((0..5).filter(|_| limit.take(&"a").is_ok()).count(), 2);
        assert_eq!(limit.left(&"a"), 0);
    }

    #[test]
    fn an_attempt_that_is_given_back_can_be_used_again() {
        let limit = RateLimit::new(3, Duration::from_secs(30));
        for _ in 0..20 {
            assert_eq!(limit.take(&"a"), Ok(()));
            limit.give_back(&"a");
        }
        // It gives no more than there were.
        (0..20).for_each(|_| limit.give_back(&"a"));
        assert_eq!((0..10).filter(|_| limit.take(&"a").is_ok()).count(), 3);
    }

    #[test]
    fn of_many_keys_those_that_are_not_limited_are_dropped() {
        let limit = RateLimit::new(1, Duration::from_nanos(1));
        for key in 0..=MAX_KEYS {
            assert_eq!(limit.take(&key), Ok(()));
        }
        let mut used = limit.used();
        let now = used.tidied + Duration::from_secs(1);
        used.tidy(now);
        assert_eq!(used.until.len(), 0);
    }
}
