//! How often somebody may try to sign in, and at a portal to sign up or join the waitlist: by account and by client address.
//! Nobody's wrong tries keep a colleague out who has used their browser before, and nobody is kept out for good: what was used
//! up comes back by itself.

use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use app::portal::identifier::Identifier;
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
    /// By what a visitor of a portal tries a password for.
    visitor: DefaultKeyedRateLimiter<Guessed>,
    /// By what is done at a portal, and the client's address.
    portal: DefaultKeyedRateLimiter<(Entry, Option<IpAddr>)>,
    /// What identifiers are hashed with, for this process alone: none of them is kept.
    hashing: RandomState,
    began: Instant,
    /// In which second since then keys were let go last.
    tidied: AtomicU64,
}

/// What a visitor's password opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Guessed {
    /// An account of an instance, by the hash of what it is called, whether there is such a one or not.
    Account(i64, u64),
    /// The account of a session, by its visitor's key.
    Own(i64),
}

/// What is done at a portal, of which an address may only do so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Entry {
    SignIn,
    SignUp,
    Waitlist,
    NewPassword,
}

/// What a visitor of a portal tries, from that client address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Visits<'a> {
    /// A password: for an account of the instance by what it is called, whether there is such a one or not.
    SignIn { instance: i64, identifier: &'a str, address: Option<IpAddr> },
    /// A new account; the right password of an account that exists signs in to that one.
    SignUp { instance: i64, identifiers: &'a [&'a str], address: Option<IpAddr> },
    /// A place on the waitlist.
    Waitlist(Option<IpAddr>),
    /// A new password, with the old one: whoever has a session could guess at it.
    NewPassword { visitor: i64, address: Option<IpAddr> },
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
            visitor: RateLimiter::keyed(quota(8, Duration::from_secs(30))),
            // A school or an office has one address for all its people.
            portal: RateLimiter::keyed(quota(60, Duration::from_secs(2))),
            hashing: RandomState::new(),
            began: Instant::now(),
            tidied: AtomicU64::new(0),
        }))
    }

    /// Takes a try, or answers in how many seconds the next one is taken.
    pub(crate) fn take(&self, tries: Tries) -> Result<(), u64> {
        let buckets = &*self.0;
        buckets.tidy();
        match tries {
            Tries::Known(device) => wait(&buckets.device, &device),
            // What the account's limit refuses does not count for the address: who shares it with a guesser still gets in.
            Tries::Unknown(account, address) => {
                wait(&buckets.account, &account)?;
                wait(&buckets.address, &address.map(network))
            }
        }
    }

    /// Takes what a visitor of a portal tries, or answers in how many seconds the next try is taken.
    pub(crate) fn take_visit(&self, visits: Visits<'_>) -> Result<(), u64> {
        let buckets = &*self.0;
        buckets.tidy();
        // The address comes first: what it may not try any more counts for nobody's account.
        let from = |entry, address: Option<IpAddr>| wait(&buckets.portal, &(entry, address.map(network)));
        match visits {
            Visits::SignIn { instance, identifier, address } => {
                from(Entry::SignIn, address)?;
                buckets.take_password(instance, identifier)
            }
            Visits::SignUp { instance, identifiers, address } => {
                from(Entry::SignUp, address)?;
                identifiers.iter().try_for_each(|identifier| buckets.take_password(instance, identifier))
            }
            Visits::Waitlist(address) => from(Entry::Waitlist, address),
            Visits::NewPassword { visitor, address } => {
                from(Entry::NewPassword, address)?;
                wait(&buckets.visitor, &Guessed::Own(visitor))
            }
        }
    }
}

impl Buckets {
    /// Takes a password that is tried for an account of the instance, however the account is spelled: what finds the same account is
    /// the same try. What finds none opens nothing, and has no limit of its own.
    fn take_password(&self, instance: i64, identifier: &str) -> Result<(), u64> {
        let Ok(identifier) = identifier.parse::<Identifier>() else { return Ok(()) };
        wait(&self.visitor, &Guessed::Account(instance, self.hashing.hash_one(identifier.as_str())))
    }

    /// Lets go of keys that are full again, where there are many; once a second, however many requests there are.
    fn tidy(&self) {
        let (people, portals) = (self.account.len() + self.address.len() + self.device.len(), self.visitor.len() + self.portal.len());
        let second = self.began.elapsed().as_secs() + 1;
        if people + portals < MOST_KEYS || self.tidied.swap(second, Ordering::Relaxed) == second {
            return;
        }
        self.account.retain_recent();
        self.address.retain_recent();
        self.device.retain_recent();
        self.visitor.retain_recent();
        self.portal.retain_recent();
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

    #[test]
    fn a_visitors_account_is_held_up_however_it_is_spelled_and_in_its_instance_only() {
        let limits = Limits::new();
        let visits = |instance, identifier| Visits::SignIn { instance, identifier, address: Some([192, 0, 2, 1].into()) };
        let spelled = ["Ana@myapp.com", " ana@MYAPP.com", "ana@myapp.com"];
        let taken = spelled.into_iter().cycle().take(30).filter(|identifier| limits.take_visit(visits(1, identifier)).is_ok()).count();
        assert_eq!(taken, 8);
        assert_eq!(limits.take_visit(visits(2, "ana@myapp.com")), Ok(()));
        assert_eq!(limits.take_visit(visits(1, "ben@myapp.com")), Ok(()));
    }

    #[test]
    fn a_password_that_is_tried_by_signing_up_counts_for_the_account_as_well() {
        let limits = Limits::new();
        let address = Some([192, 0, 2, 1].into());
        let up = |identifiers: &[&str]| limits.take_visit(Visits::SignUp { instance: 1, identifiers, address });
        assert_eq!((0..30).filter(|n| up(&["ana@myapp.com", "", &format!("ana-{n}")]).is_ok()).count(), 8);
        let visit = Visits::SignIn { instance: 1, identifier: "Ana@myapp.com", address };
        assert!(limits.take_visit(visit).is_err());
        assert_eq!(up(&["ben@myapp.com", "", ""]), Ok(()));
    }

    #[test]
    fn an_address_that_is_held_up_uses_up_nobodys_tries() {
        let limits = Limits::new();
        let visit =
            |identifier, last| limits.take_visit(Visits::SignIn { instance: 1, identifier, address: Some([192, 0, 2, last].into()) });
        while visit("+", 1).is_ok() {}
        assert!((0..20).all(|_| visit("ana@myapp.com", 1).is_err()));
        assert_eq!((0..20).filter(|_| visit("ana@myapp.com", 2).is_ok()).count(), 8);
    }

    #[test]
    fn the_password_of_a_session_is_guessed_at_eight_times_and_nobody_elses_with_it() {
        let limits = Limits::new();
        let guess = |visitor, last| limits.take_visit(Visits::NewPassword { visitor, address: Some([192, 0, 2, last].into()) }).is_ok();
        assert_eq!((0..30).filter(|last| guess(1, *last)).count(), 8);
        assert!(guess(2, 1));
    }

    #[test]
    fn an_address_is_held_up_at_each_of_a_portals_ways_in_by_itself() {
        let limits = Limits::new();
        let address = Some([192, 0, 2, 1].into());
        let up = |address| limits.take_visit(Visits::SignUp { instance: 1, identifiers: &[], address });
        assert_eq!((0..200).filter(|_| up(address).is_ok()).count(), 60);
        assert_eq!((0..200).filter(|_| limits.take_visit(Visits::Waitlist(address)).is_ok()).count(), 60);
        let tried = |n: usize| limits.take_visit(Visits::SignIn { instance: 1, identifier: &n.to_string(), address }).is_ok();
        assert_eq!((0..200).filter(|n| tried(*n)).count(), 60);
        assert_eq!(up(Some([198, 51, 100, 7].into())), Ok(()));
    }
}
