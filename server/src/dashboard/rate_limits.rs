//! How often an admin's password, code or one-time link may be tried, by account and by client address.
//!
//! A stranger's wrong attempts never keep an admin out whose browser was used for the account before.

use std::{net::IpAddr, sync::Arc, time::Duration};

use crate::http::rate_limit::{RateLimit, RateLimited, network};

/// The rate limits of one server's dashboard.
#[derive(Clone, Debug)]
pub(crate) struct AdminRateLimits(Arc<Limits>);

#[derive(Debug)]
struct Limits {
    secrets: RateLimit<Secret>,
    addresses: RateLimit<Option<IpAddr>>,
    devices: RateLimit<[u8; 32]>,
    codes: RateLimit<(String, Option<[u8; 32]>)>,
}

/// An attempt to get in.
#[derive(Clone, Debug)]
pub(crate) enum AdminAttempt {
    /// From a browser that was used for the account before, by the hash of its token.
    KnownDevice([u8; 32]),
    /// From any other browser at that client address.
    Unknown(Secret, Option<IpAddr>),
    /// The code of a second factor. Its six digits are soon guessed, so there are fewer attempts.
    Code {
        /// The account's email address.
        account: String,
        /// The browser, by the hash of its token, if it was used for the account before.
        device: Option<[u8; 32]>,
    },
}

/// The secret that is tried.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Secret {
    /// The password of an account, by its email address, whether or not there is such an account.
    Password(String),
    /// A one-time link, by the hash of its token.
    Link([u8; 32]),
    /// The current password of a session's own account, by the session's key.
    OwnPassword(i64),
}

impl AdminRateLimits {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Limits {
            secrets: RateLimit::new(8, Duration::from_secs(30)),
            addresses: RateLimit::new(40, Duration::from_secs(2)),
            devices: RateLimit::new(10, Duration::from_secs(10)),
            // A thief with the password hits one of three valid codes in a year with a probability of a quarter.
            codes: RateLimit::new(5, Duration::from_mins(5)),
        }))
    }

    /// Uses one attempt.
    ///
    /// # Errors
    /// There were too many.
    pub(crate) fn take(&self, attempt: &AdminAttempt) -> Result<(), RateLimited> {
        let limits = &*self.0;
        match attempt {
            AdminAttempt::KnownDevice(device) => limits.devices.take(device),
            AdminAttempt::Code { account, device } => limits.codes.take(&(account.clone(), *device)),
            // An attempt that the account's limit rejects does not count for the address: others who share it still get in.
            AdminAttempt::Unknown(secret, address) => {
                limits.secrets.take(secret)?;
                limits.addresses.take(&address.map(network))
            }
        }
    }

    /// Gives an attempt back, after the right password or link.
    pub(crate) fn give_back(&self, attempt: &AdminAttempt) {
        let limits = &*self.0;
        match attempt {
            AdminAttempt::KnownDevice(device) => limits.devices.give_back(device),
            AdminAttempt::Code { account, device } => limits.codes.give_back(&(account.clone(), *device)),
            AdminAttempt::Unknown(secret, address) => {
                limits.secrets.give_back(secret);
                limits.addresses.give_back(&address.map(network));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(account: &str, address: &str) -> AdminAttempt {
        AdminAttempt::Unknown(Secret::Password(account.to_owned()), Some(address.parse().unwrap()))
    }

    #[test]
    fn an_account_is_limited_and_other_accounts_and_known_devices_are_not() {
        let limits = AdminRateLimits::new();
        let taken = (0..100).filter(|_| limits.take(&from("ana@myapp.com", "192.0.2.1")).is_ok()).count();
        assert_eq!(taken, 8);
        assert!(limits.take(&from("ana@myapp.com", "198.51.100.7")).unwrap_err().seconds <= 30);
        assert_eq!(limits.take(&AdminAttempt::KnownDevice([1; 32])), Ok(()));
        assert_eq!(limits.take(&from("ben@myapp.com", "192.0.2.1")), Ok(()));
    }

    #[test]
    fn the_codes_of_an_account_are_limited_and_those_from_a_known_device_are_counted_apart() {
        let limits = AdminRateLimits::new();
        let code = |account: &str, device| AdminAttempt::Code { account: account.to_owned(), device };
        let taken = (0..100).filter(|_| limits.take(&code("ana@myapp.com", None)).is_ok()).count();
        assert_eq!(taken, 5);
        assert_eq!(limits.take(&code("ana@myapp.com", Some([1; 32]))), Ok(()));
        assert_eq!(limits.take(&code("ben@myapp.com", None)), Ok(()));
        assert_eq!(limits.take(&from("ana@myapp.com", "192.0.2.1")), Ok(()));
    }

    #[test]
    fn an_address_is_limited_whichever_accounts_it_tries() {
        let limits = AdminRateLimits::new();
        let taken = (0..100).filter(|n| limits.take(&from(&format!("{n}@myapp.com"), &format!("2001:db8::{n:x}"))).is_ok()).count();
        assert_eq!(taken, 40);
        assert_eq!(limits.take(&from("ben@myapp.com", "2001:db8:0:1::1")), Ok(()));
    }
}
