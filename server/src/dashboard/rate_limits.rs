//! How often an admin's password, code or one-time link may be tried, by account and by client address, at all runtimes together.
//!
//! A stranger's wrong attempts never keep an admin out whose browser was used for the account before.

use std::{net::IpAddr, sync::Arc, time::Duration};

use sqlx::PgPool;

use crate::http::{
    rate_limit::{RateLimited, network},
    shared_rate_limit::SharedRateLimit,
};

/// The rate limits of one server's dashboard.
#[derive(Clone, Debug)]
pub(crate) struct AdminRateLimits(Arc<Limits>);

#[derive(Debug)]
struct Limits {
    secrets: SharedRateLimit<Secret>,
    addresses: SharedRateLimit<Option<IpAddr>>,
    devices: SharedRateLimit<[u8; 32]>,
    codes: SharedRateLimit<(String, Option<[u8; 32]>)>,
}

/// An attempt to get in.
#[derive(Clone, Debug)]
pub(crate) enum AdminAttempt {
    /// From a browser that was used for the account before, by the hash of its token.
    KnownDevice([u8; 32]),
    /// From any other browser at that client address.
    Unknown(Secret, Option<IpAddr>),
    /// A sign-in at the identity provider, from that client address.
    Provider(Option<IpAddr>),
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
    pub(crate) fn new(pool: &PgPool) -> Self {
        Self(Arc::new(Limits {
            secrets: SharedRateLimit::new("an admin's secret", 8, Duration::from_secs(30), pool.clone()),
            addresses: SharedRateLimit::new("an admin's address", 40, Duration::from_secs(2), pool.clone()),
            devices: SharedRateLimit::new("an admin's device", 10, Duration::from_secs(10), pool.clone()),
            // A thief with the password hits one of three valid codes in a year with a probability of a quarter.
            codes: SharedRateLimit::new("an admin's code", 5, Duration::from_mins(5), pool.clone()),
        }))
    }

    /// Uses one attempt.
    ///
    /// # Errors
    /// There were too many.
    pub(crate) async fn take(&self, attempt: &AdminAttempt) -> Result<(), RateLimited> {
        let limits = &*self.0;
        match attempt {
            AdminAttempt::KnownDevice(device) => limits.devices.take(device).await,
            AdminAttempt::Provider(address) => limits.addresses.take(&address.map(network)).await,
            AdminAttempt::Code { account, device } => limits.codes.take(&(account.clone(), *device)).await,
            // An attempt that the account's limit rejects does not count for the address: others who share it still get in.
            AdminAttempt::Unknown(secret, address) => {
                limits.secrets.take(secret).await?;
                limits.addresses.take(&address.map(network)).await
            }
        }
    }

    /// Gives an attempt back, after the right password or link.
    pub(crate) async fn give_back(&self, attempt: &AdminAttempt) {
        let limits = &*self.0;
        match attempt {
            AdminAttempt::KnownDevice(device) => limits.devices.give_back(device).await,
            AdminAttempt::Provider(address) => limits.addresses.give_back(&address.map(network)).await,
            AdminAttempt::Code { account, device } => limits.codes.give_back(&(account.clone(), *device)).await,
            AdminAttempt::Unknown(secret, address) => {
                limits.secrets.give_back(secret).await;
                limits.addresses.give_back(&address.map(network)).await;
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

    /// How many of these attempts are let through.
    async fn taken(limits: &AdminRateLimits, attempts: impl Iterator<Item = AdminAttempt>) -> usize {
        let mut taken = 0;
        for attempt in attempts {
            taken += usize::from(limits.take(&attempt).await.is_ok());
        }
        taken
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn an_account_is_limited_and_other_accounts_and_known_devices_are_not(pool: PgPool) {
        let limits = AdminRateLimits::new(&pool);
        assert_eq!(taken(&limits, (0..100).map(|_| from("ana@myapp.com", "192.0.2.1"))).await, 8);
        assert!(limits.take(&from("ana@myapp.com", "198.51.100.7")).await.unwrap_err().seconds <= 30);
        assert_eq!(limits.take(&AdminAttempt::KnownDevice([1; 32])).await, Ok(()));
        assert_eq!(limits.take(&from("ben@myapp.com", "192.0.2.1")).await, Ok(()));
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn an_address_is_limited_whichever_accounts_it_tries(pool: PgPool) {
        let limits = AdminRateLimits::new(&pool);
        let attempts = (0..60).map(|n| from(&format!("{n}@myapp.com"), &format!("2001:db8::{n:x}")));
        assert!((40..50).contains(&taken(&limits, attempts).await), "one comes back every two seconds");
        assert_eq!(limits.take(&from("ben@myapp.com", "2001:db8:0:1::1")).await, Ok(()));
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn all_runtimes_count_together(pool: PgPool) {
        let runtimes = [AdminRateLimits::new(&pool), AdminRateLimits::new(&pool)];
        let mut both = 0;
        for limits in runtimes.iter().cycle().take(30) {
            both += usize::from(limits.take(&from("ana@myapp.com", "192.0.2.1")).await.is_ok());
        }
        assert_eq!(both, 8);
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn the_codes_of_an_account_are_limited_and_those_from_a_known_device_are_counted_apart(pool: PgPool) {
        let limits = AdminRateLimits::new(&pool);
        let code = |account: &str, device| AdminAttempt::Code { account: account.to_owned(), device };
        assert_eq!(taken(&limits, (0..20).map(|_| code("ana@myapp.com", None))).await, 5);
        for attempt in [code("ana@myapp.com", Some([1; 32])), code("ben@myapp.com", None), from("ana@myapp.com", "192.0.2.1")] {
            assert_eq!(limits.take(&attempt).await, Ok(()));
        }
    }
}
