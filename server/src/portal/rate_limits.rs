//! How often a portal's visitors may try passwords, sign up and join the waitlist: by account and by client
//! address, at all runtimes together.

use std::{net::IpAddr, sync::Arc, time::Duration};

use app::{
    portal::{identifier::Identifier, view::FormError},
    rate_limits::{Key, key_of},
};
use sqlx::PgPool;

use crate::http::{
    rate_limit::{RateLimited, network},
    shared_rate_limit::SharedRateLimit,
};

/// The rate limits of one server's portals.
#[derive(Clone, Debug)]
pub(super) struct VisitorRateLimits(Arc<Limits>);

#[derive(Debug)]
struct Limits {
    passwords: SharedRateLimit<PasswordKey>,
    addresses: SharedRateLimit<(Action, Option<IpAddr>)>,
    recipients: SharedRateLimit<(i64, String)>,
    invitations: SharedRateLimit<Option<IpAddr>>,
}

/// The password that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum PasswordKey {
    /// That of an instance's account, by the hash of its identifier, whether or not there is such an account.
    Account(i64, Key),
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
    Authorize,
    Provider,
    AskForMail,
    EnterCode,
}

/// What a visitor attempts, from that client address.
#[derive(Clone, Copy, Debug)]
pub(super) enum VisitorAttempt<'a> {
    /// An application's request that waits for a sign-in.
    Authorize(Option<IpAddr>),
    /// A password, for that account of the instance.
    SignIn { instance: i64, identifier: &'a str, address: Option<IpAddr> },
    /// A new account. The right password of an existing account signs in to that one.
    SignUp { instance: i64, identifiers: &'a [&'a str], address: Option<IpAddr> },
    /// A sign-in at the identity provider.
    Provider(Option<IpAddr>),
    /// A place on the waitlist.
    JoinWaitlist(Option<IpAddr>),
    /// A new organization.
    CreateOrganization(Option<IpAddr>),
    /// A new password, which needs the current one: with a stolen session, somebody could guess at it.
    ChangePassword { visitor: i64, address: Option<IpAddr> },
    /// A mail of the instance to that email address, whether or not it is an account's.
    AskForMail { instance: i64, recipient: &'a str, address: Option<IpAddr> },
    /// The same to an address that the visitor chooses, who may be a stranger to its owner.
    Invite { instance: i64, recipient: &'a str, address: Option<IpAddr> },
    /// A code from a mail.
    EnterCode(Option<IpAddr>),
}

impl From<RateLimited> for FormError {
    fn from(RateLimited { seconds }: RateLimited) -> Self {
        Self::RateLimited(seconds)
    }
}

impl VisitorRateLimits {
    pub(super) fn new(pool: &PgPool) -> Self {
        Self(Arc::new(Limits {
            passwords: SharedRateLimit::new("a visitor's password", 8, Duration::from_secs(30), pool.clone()),
            // A school or an office has one address for all its people.
            addresses: SharedRateLimit::new("a visitor's address", 60, Duration::from_secs(2), pool.clone()),
            // Enough for somebody whose first mail gets lost, and too few to fill a mailbox.
            recipients: SharedRateLimit::new("a visitor's mail", 3, Duration::from_mins(10), pool.clone()),
            // Somebody who signs up to send mail to strangers gets no further than 300 in a day, with however many accounts.
            invitations: SharedRateLimit::new("a visitor's invitations", 20, Duration::from_mins(5), pool.clone()),
        }))
    }

    /// Uses one attempt.
    ///
    /// # Errors
    /// There were too many.
    pub(super) async fn take(&self, attempt: VisitorAttempt<'_>) -> Result<(), RateLimited> {
        let limits = &*self.0;
        let (address, passwords) = keys(attempt);
        // The address comes first: once it is limited, its attempts count for nobody's account.
        limits.addresses.take(&address).await?;
        for password in &passwords {
            limits.passwords.take(password).await?;
        }
        if let VisitorAttempt::Invite { address, .. } = attempt {
            limits.invitations.take(&address.map(network)).await?;
        }
        if let VisitorAttempt::AskForMail { instance, recipient, .. } | VisitorAttempt::Invite { instance, recipient, .. } = attempt {
            limits.recipients.take(&(instance, recipient.to_owned())).await?;
        }
        Ok(())
    }

    /// Gives an attempt back, after the right password. A new account still counts for its address.
    pub(super) async fn give_back(&self, attempt: VisitorAttempt<'_>) {
        let limits = &*self.0;
        let (address, passwords) = keys(attempt);
        if !matches!(attempt, VisitorAttempt::SignUp { .. }) {
            limits.addresses.give_back(&address).await;
        }
        for password in &passwords {
            limits.passwords.give_back(password).await;
        }
    }
}

/// What an attempt counts for: the action of its address, and the passwords that are tried.
fn keys(attempt: VisitorAttempt<'_>) -> ((Action, Option<IpAddr>), Vec<PasswordKey>) {
    let (action, address, passwords) = match attempt {
        VisitorAttempt::SignIn { instance, identifier, address } => {
            (Action::SignIn, address, account(instance, identifier).into_iter().collect())
        }
        VisitorAttempt::SignUp { instance, identifiers, address } => {
            let accounts = identifiers.iter().filter_map(|identifier| account(instance, identifier));
            (Action::SignUp, address, accounts.collect())
        }
        VisitorAttempt::CreateOrganization(address) => (Action::CreateOrganization, address, Vec::new()),
        VisitorAttempt::Authorize(address) => (Action::Authorize, address, Vec::new()),
        VisitorAttempt::Provider(address) => (Action::Provider, address, Vec::new()),
        VisitorAttempt::JoinWaitlist(address) => (Action::JoinWaitlist, address, Vec::new()),
        VisitorAttempt::AskForMail { address, .. } | VisitorAttempt::Invite { address, .. } => (Action::AskForMail, address, Vec::new()),
        VisitorAttempt::EnterCode(address) => (Action::EnterCode, address, Vec::new()),
        VisitorAttempt::ChangePassword { visitor, address } => (Action::ChangePassword, address, vec![PasswordKey::Own(visitor)]),
    };
    ((action, address.map(network)), passwords)
}

/// The password of an instance's account. All spellings that find the same account count together. An identifier that no account can
/// have opens nothing and has no limit.
fn account(instance: i64, identifier: &str) -> Option<PasswordKey> {
    let identifier = Identifier::parse_to_sign_in(identifier).ok()?;
    Some(PasswordKey::Account(instance, key_of("identifier", &identifier.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));

    fn sign_in(instance: i64, identifier: &str) -> VisitorAttempt<'_> {
        VisitorAttempt::SignIn { instance, identifier, address: ADDRESS }
    }

    /// How many of so many attempts are let through.
    async fn taken<'a>(limits: &VisitorRateLimits, attempts: usize, attempt: impl Fn(usize) -> VisitorAttempt<'a>) -> usize {
        let mut taken = 0;
        for n in 0..attempts {
            taken += usize::from(limits.take(attempt(n)).await.is_ok());
        }
        taken
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn an_account_is_limited_however_it_is_spelled_and_in_its_instance_only(pool: PgPool) {
        let limits = VisitorRateLimits::new(&pool);
        let spelled = ["Ana@myapp.com", " ana@MYAPP.com", "ana@myapp.com"];
        assert_eq!(taken(&limits, 30, |n| sign_in(1, spelled[n % 3])).await, 8);
        assert_eq!(limits.take(sign_in(2, "ana@myapp.com")).await, Ok(()));
        assert_eq!(limits.take(sign_in(1, "ben@myapp.com")).await, Ok(()));
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn all_runtimes_count_together(pool: PgPool) {
        let (one, two) = (VisitorRateLimits::new(&pool), VisitorRateLimits::new(&pool));
        assert_eq!(taken(&one, 5, |_| sign_in(1, "ana@myapp.com")).await, 5);
        assert_eq!(taken(&two, 30, |_| sign_in(1, "ana@myapp.com")).await, 3);
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn a_password_that_is_tried_by_signing_up_counts_for_the_account_as_well(pool: PgPool) {
        let limits = VisitorRateLimits::new(&pool);
        let up = async |identifiers: &[&str]| limits.take(VisitorAttempt::SignUp { instance: 1, identifiers, address: ADDRESS }).await;
        let mut taken = 0;
        for n in 0..30 {
            taken += usize::from(up(&["ana@myapp.com", "", &format!("ana-{n}")]).await.is_ok());
        }
        assert_eq!(taken, 8);
        assert!(limits.take(sign_in(1, "Ana@myapp.com")).await.is_err());
        assert_eq!(up(&["ben@myapp.com", "", ""]).await, Ok(()));
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn a_limited_address_uses_up_nobodys_attempts(pool: PgPool) {
        let limits = VisitorRateLimits::new(&pool);
        while limits.take(sign_in(1, "+")).await.is_ok() {}
        assert!(taken(&limits, 20, |_| sign_in(1, "ana@myapp.com")).await <= 3, "one comes back every two seconds");
        let other = VisitorAttempt::SignIn { instance: 1, identifier: "ana@myapp.com", address: Some([192, 0, 2, 2].into()) };
        assert!(taken(&limits, 20, |_| other).await >= 5);
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn the_password_of_a_session_can_be_guessed_eight_times_which_limits_nobody_else(pool: PgPool) {
        let limits = VisitorRateLimits::new(&pool);
        let guess = |visitor, last: usize| VisitorAttempt::ChangePassword {
            visitor,
            address: Some([192, 0, 2, u8::try_from(last).unwrap()].into()),
        };
        assert_eq!(taken(&limits, 30, |last| guess(1, last)).await, 8);
        assert_eq!(limits.take(guess(2, 1)).await, Ok(()));
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn of_a_thousand_mails_to_one_address_three_are_sent(pool: PgPool) {
        let limits = VisitorRateLimits::new(&pool);
        let ask = |recipient, n: usize| {
            let [high, low] = u16::try_from(n).unwrap().to_be_bytes();
            VisitorAttempt::AskForMail { instance: 1, recipient, address: Some([198, 51, high, low].into()) }
        };
        assert_eq!(taken(&limits, 1_000, |n| ask("ana@myapp.com", n)).await, 3);
        assert_eq!(limits.take(ask("ben@myapp.com", 1)).await, Ok(()));
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn a_network_sends_few_invitations_to_however_many_addresses(pool: PgPool) {
        let limits = VisitorRateLimits::new(&pool);
        let recipients: Vec<_> = (0..50).map(|n| format!("stranger-{n}@myapp.com")).collect();
        let invite = |n: usize| VisitorAttempt::Invite { instance: 1, recipient: &recipients[n], address: ADDRESS };
        assert_eq!(taken(&limits, 50, invite).await, 20);
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn each_action_of_an_address_has_its_own_limit(pool: PgPool) {
        let limits = VisitorRateLimits::new(&pool);
        let up = |address| VisitorAttempt::SignUp { instance: 1, identifiers: &[], address };
        let burst = 60..75;
        assert!(burst.contains(&taken(&limits, 90, |_| up(ADDRESS)).await), "one comes back every two seconds");
        assert!(burst.contains(&taken(&limits, 90, |_| VisitorAttempt::JoinWaitlist(ADDRESS)).await));
        assert_eq!(limits.take(up(Some([198, 51, 100, 7].into()))).await, Ok(()));
    }
}
