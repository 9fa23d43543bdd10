//! How often somebody may try to sign in: by account and by client address. Nobody's wrong tries keep a colleague out who has
//! used their browser before, and nobody is kept out for good: what was used up comes back by itself.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

/// How many keys are kept before those that are full again are let go.
const MOST_KEYS: usize = 10_000;

/// The limits of one server.
#[derive(Clone, Debug)]
pub(crate) struct Limits(Arc<Buckets>);

#[derive(Debug)]
struct Buckets {
    /// By what is tried: an account, whether there is such a one or not, or another thing that a password opens.
    account: DefaultKeyedRateLimiter<Target>,
    /// By the client's address; of IPv6 by its first 64 bits, which is what one customer has.
    address: DefaultKeyedRateLimiter<Option<IpAddr>>,
    /// By the browser that the account has been used with before.
    device: DefaultKeyedRateLimiter<[u8; 32]>,
}

/// Who tries.
#[derive(Clone, Debug)]
pub(crate) enum Tries {
    /// A browser that the account has been used with before, by the hash of its token.
    Known([u8; 32]),
    /// Anybody: what they try, and the client's address.
    Unknown(Target, Option<IpAddr>),
}

/// What a password is tried for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// An account, by the email address as typed.
    Account(String),
    /// A one-time link, by the hash of its token.
    Link([u8; 32]),
    /// The password of one's own session, by its key.
    Session(i64),
}

impl Limits {
    pub(crate) fn new() -> Self {
        let quota = |burst: u32, every: Duration| {
            let per = Quota::with_period(every).unwrap_or(Quota::per_minute(NonZeroU32::MIN));
            per.allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN))
        };
        Self(Arc::new(Buckets {
            account: RateLimiter::keyed(quota(8, Duration::from_secs(30))),
            address: RateLimiter::keyed(quota(40, Duration::from_secs(2))),
            device: RateLimiter::keyed(quota(10, Duration::from_secs(10))),
        }))
    }

    /// Takes a try, or answers in how many seconds the next one is taken.
    pub(crate) fn take(&self, tries: Tries) -> Result<(), u64> {
        let buckets = &*self.0;
        if buckets.account.len() > MOST_KEYS || buckets.address.len() > MOST_KEYS || buckets.device.len() > MOST_KEYS {
            buckets.account.retain_recent();
            buckets.address.retain_recent();
            buckets.device.retain_recent();
        }
        match tries {
            Tries::Known(device) => wait(&buckets.device, &device),
            // What the account's limit refuses does not count for the address: who shares it with a guesser still gets in.
            Tries::Unknown(account, address) => {
                wait(&buckets.account, &account)?;
                wait(&buckets.address, &address.map(network))
            }
        }
    }
}

fn wait<Key: Clone + std::hash::Hash + Eq>(limiter: &DefaultKeyedRateLimiter<Key>, key: &Key) -> Result<(), u64> {
    limiter.check_key(key).map_err(|until| until.wait_time_from(limiter.clock().now()).as_secs() + 1)
}

/// The part of an address that is one customer's.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(account: &str, address: &str) -> Tries {
        Tries::Unknown(Target::Account(account.to_owned()), Some(address.parse().unwrap()))
    }

    #[test]
    fn an_account_is_held_up_and_others_and_known_browsers_are_not() {
        let limits = Limits::new();
        let taken = (0..100).filter(|_| limits.take(from("ana@myapp.com", "192.0.2.1")).is_ok()).count();
        assert_eq!(taken, 8);
        assert!(limits.take(from("ana@myapp.com", "198.51.100.7")).unwrap_err() <= 30);
        assert_eq!(limits.take(Tries::Known([1; 32])), Ok(()));
        assert_eq!(limits.take(from("ben@myapp.com", "192.0.2.1")), Ok(()));
    }

    #[test]
    fn an_address_is_held_up_whichever_accounts_it_tries() {
        let limits = Limits::new();
        let taken = (0..100).filter(|n| limits.take(from(&format!("{n}@myapp.com"), &format!("2001:db8::{n:x}"))).is_ok()).count();
        assert_eq!(taken, 40);
        assert_eq!(limits.take(from("ben@myapp.com", "2001:db8:0:1::1")), Ok(()));
    }
}
