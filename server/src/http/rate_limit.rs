//! A rate limit by key: a burst of attempts, then one more after each interval. Nobody is locked out for good, since attempts come
//! back by themselves.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

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
pub(crate) struct RateLimit<Key: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<Key>,
    created: Instant,
    /// In which second since then keys were last dropped.
    tidied: AtomicU64,
}

impl<Key: Clone + Eq + Hash> RateLimit<Key> {
    /// Allows `burst` attempts at once, and one more after each `interval`.
    pub(crate) fn new(burst: u32, interval: Duration) -> Self {
        let quota = Quota::with_period(interval).unwrap_or(Quota::per_minute(NonZeroU32::MIN));
        let quota = quota.allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN));
        Self { limiter: RateLimiter::keyed(quota), created: Instant::now(), tidied: AtomicU64::new(0) }
    }

    /// Uses one attempt of that key.
    ///
    /// # Errors
    /// None is left.
    pub(crate) fn take(&self, key: &Key) -> Result<(), RateLimited> {
        self.tidy();
        let now = self.limiter.clock().now();
        self.limiter.check_key(key).map_err(|until| RateLimited { seconds: until.wait_time_from(now).as_secs() + 1 })
    }

    /// Drops keys that are not limited, if there are many; once a second, however many attempts there are.
    fn tidy(&self) {
        let second = self.created.elapsed().as_secs() + 1;
        if self.limiter.len() >= MAX_KEYS && self.tidied.swap(second, Ordering::Relaxed) != second {
            self.limiter.retain_recent();
        }
    }
}

/// The part of an address that belongs to one customer: of IPv6, the first 64 bits.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
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
    fn of_many_keys_those_that_are_not_limited_are_dropped() {
        let limit = RateLimit::new(1, Duration::from_nanos(1));
        for key in 0..=MAX_KEYS {
            assert_eq!(limit.take(&key), Ok(()));
        }
        assert!(limit.limiter.len() < MAX_KEYS, "{}", limit.limiter.len());
    }

    #[test]
    fn addresses_of_one_customer_are_one_network() {
        let read = |text: &str| network(text.parse().unwrap());
        assert_eq!(read("2001:db8::1"), read("2001:db8::ffff:0:0:2"));
        assert_ne!(read("2001:db8::1"), read("2001:db8:0:1::1"));
        assert_eq!(read("::ffff:192.0.2.1"), read("192.0.2.1"));
        assert_ne!(read("192.0.2.1"), read("192.0.2.2"));
    }
}
