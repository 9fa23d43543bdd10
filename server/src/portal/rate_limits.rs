//! How often a portal's visitors may try passwords, sign up and join the waitlist: by account and by client address.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use app::portal::{identifier::Identifier, view::FormError};

use crate::http::rate_limit::{RateLimit, RateLimited, network};

/// The rate limits of one server's portals.
#[derive(Clone, Debug)]
pub(super) struct VisitorRateLimits(Arc<Limits>);

#[derive(Debug)]
struct Limits {
    passwords: RateLimit<PasswordKey>,
    addresses: RateLimit<(Action, Option<IpAddr>)>,
    /// Hashes identifiers, for this process only, so that none of them is kept.
    hashing: RandomState,
}

/// The password that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum PasswordKey {
    /// That of an instance's account, by the hash of its identifier, whether or not there is such an account.
    Account(i64, u64),
    /// That of a session's own account, by its visitor's key.
    Own(i64),
}

/// An action that each client address may do only so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Action {
    SignIn,
    SignUp,
    JoinWaitlist,
    CreateOrganization,
    ChangePassword,
}

/// What a visitor attempts, from that client address.
#[derive(Clone, Copy, Debug)]
pub(super) enum VisitorAttempt<'a> {
    /// A password, for that account of the instance.
    SignIn { instance: i64, identifier: &'a str, address: Option<IpAddr> },
    /// A new account. The right password of an existing account signs in to that one.
    SignUp { instance: i64, identifiers: &'a [&'a str], address: Option<IpAddr> },
    /// A place on the waitlist.
    JoinWaitlist(Option<IpAddr>),
    /// A new organization.
    CreateOrganization(Option<IpAddr>),
    /// A new password, which needs the current one: with a stolen session, somebody could guess at it.
    ChangePassword { visitor: i64, address: Option<IpAddr> },
}

impl From<RateLimited> for FormError {
    fn from(RateLimited { seconds }: RateLimited) -> Self {
        Self::RateLimited(seconds)
    }
}

impl VisitorRateLimits {
    pub(super) fn new() -> Self {
        Self(Arc::new(Limits {
            passwords: RateLimit::new(8, Duration::from_secs(30)),
            // A school or an office has one address for all its people.
            addresses: RateLimit::new(60, Duration::from_secs(2)),
            hashing: RandomState::new(),
        }))
    }

    /// Uses one attempt.
    ///
    /// # Errors
    /// There were too many.
    pub(super) fn take(&self, attempt: VisitorAttempt<'_>) -> Result<(), RateLimited> {
        let limits = &*self.0;
        let (address, passwords) = limits.keys(attempt);
        // The address comes first: once it is limited, its attempts count for nobody's account.
        limits.addresses.take(&address)?;
        passwords.iter().try_for_each(|password| limits.passwords.take(password))
    }

    /// Gives an attempt back, after the right password. A new account still counts for its address.
    pub(super) fn give_back(&self, attempt: VisitorAttempt<'_>) {
        let limits = &*self.0;
        let (address, passwords) = limits.keys(attempt);
        if !matches!(attempt, VisitorAttempt::SignUp { .. }) {
            limits.addresses.give_back(&address);
        }
        for password in &passwords {
            limits.passwords.give_back(password);
        }
    }
}

impl Limits {
    /// What an attempt counts for: the action of its address, and the passwords that are tried.
    fn keys(&self, attempt: VisitorAttempt<'_>) -> ((Action, Option<IpAddr>), Vec<PasswordKey>) {
        let (action, address, passwords) = match attempt {
            VisitorAttempt::SignIn { instance, identifier, address } => {
                (Action::SignIn, address, self.account(instance, identifier).into_iter().collect())
            }
            VisitorAttempt::SignUp { instance, identifiers, address } => {
                let accounts = identifiers.iter().filter_map(|identifier| self.account(instance, identifier));
                (Action::SignUp, address, accounts.collect())
            }
            VisitorAttempt::JoinWaitlist(address) => (Action::JoinWaitlist, address, Vec::new()),
            VisitorAttempt::CreateOrganization(address) => (Action::CreateOrganization, address, Vec::new()),
            VisitorAttempt::ChangePassword { visitor, address } => (Action::ChangePassword, address, vec![PasswordKey::Own(visitor)]),
        };
        ((action, address.map(network)), passwords)
    }

    /// The password of an instance's account. All spellings that find the same account count together. An identifier that no account
    /// can have opens nothing and has no limit.
    fn account(&self, instance: i64, identifier: &str) -> Option<PasswordKey> {
        let identifier = Identifier::parse_to_sign_in(identifier).ok()?;
        Some(PasswordKey::Account(instance, self.hashing.hash_one(identifier.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_limited_however_it_is_spelled_and_in_its_instance_only() {
        let limits = VisitorRateLimits::new();
        let attempt = |instance, identifier| VisitorAttempt::SignIn { instance, identifier, address: Some([192, 0, 2, 1].into()) };
        let spelled = ["Ana@myapp.com", " ana@MYAPP.com", "ana@myapp.com"];
        let taken = spelled.into_iter().cycle().take(30).filter(|identifier| limits.take(attempt(1, identifier)).is_ok()).count();
        assert_eq!(taken, 8);
        assert_eq!(limits.take(attempt(2, "ana@myapp.com")), Ok(()));
        assert_eq!(limits.take(attempt(1, "ben@myapp.com")), Ok(()));
    }

    #[test]
    fn a_password_that_is_tried_by_signing_up_counts_for_the_account_as_well() {
        let limits = VisitorRateLimits::new();
        let address = Some([192, 0, 2, 1].into());
        let up = |identifiers: &[&str]| limits.take(VisitorAttempt::SignUp { instance: 1, identifiers, address });
        assert_eq!((0..30).filter(|n| up(&["ana@myapp.com", "", &format!("ana-{n}")]).is_ok()).count(), 8);
        assert!(limits.take(VisitorAttempt::SignIn { instance: 1, identifier: "Ana@myapp.com", address }).is_err());
        assert_eq!(up(&["ben@myapp.com", "", ""]), Ok(()));
    }

    #[test]
    fn a_limited_address_uses_up_nobodys_attempts() {
        let limits = VisitorRateLimits::new();
        let attempt =
            |identifier, last| limits.take(VisitorAttempt::SignIn { instance: 1, identifier, address: Some([192, 0, 2, last].into()) });
        while attempt("+", 1).is_ok() {}
        assert!((0..20).all(|_| attempt("ana@myapp.com", 1).is_err()));
        assert_eq!((0..20).filter(|_| attempt("ana@myapp.com", 2).is_ok()).count(), 8);
    }

    #[test]
    fn the_password_of_a_session_can_be_guessed_eight_times_which_limits_nobody_else() {
        let limits = VisitorRateLimits::new();
        let guess =
            |visitor, last| limits.take(VisitorAttempt::ChangePassword { visitor, address: Some([192, 0, 2, last].into()) }).is_ok();
        assert_eq!((0..30).filter(|last| guess(1, *last)).count(), 8);
        assert!(guess(2, 1));
    }

    #[test]
    fn each_action_of_an_address_has_its_own_limit() {
        let limits = VisitorRateLimits::new();
        let address = Some([192, 0, 2, 1].into());
        let up = |address| limits.take(VisitorAttempt::SignUp { instance: 1, identifiers: &[], address });
        assert_eq!((0..200).filter(|_| up(address).is_ok()).count(), 60);
        assert_eq!((0..200).filter(|_| limits.take(VisitorAttempt::JoinWaitlist(address)).is_ok()).count(), 60);
        let sign_in = |n: usize| limits.take(VisitorAttempt::SignIn { instance: 1, identifier: &n.to_string(), address }).is_ok();
        assert_eq!((0..200).filter(|n| sign_in(*n)).count(), 60);
        assert_eq!(up(Some([198, 51, 100, 7].into())), Ok(()));
    }
}
