//! How much an instance's visitors may store in a day. The counts are in the database, so that several runtimes count together and a
//! restart changes nothing.

mod store;

use std::net::IpAddr;

use sqlx::PgConnection;
use strum::EnumCount;

use super::identity::IdentityError;
use crate::credentials::client::network;

/// How much one network may store in a day, of each kind and in each instance. A school or an office has one address for all its people.
pub const MAX_PER_NETWORK: i32 = 200;

/// How much all visitors of an instance may store in a day, of each kind: that bounds what many networks do together.
pub const MAX_PER_INSTANCE: i32 = 100_000;

/// What a visitor stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount)]
pub enum Quota {
    /// An account.
    Account,
    /// An organization.
    Organization,
    /// A place on the waitlist.
    WaitlistEntry,
}

impl Quota {
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = [Self::Account, Self::Organization, Self::WaitlistEntry];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Organization => "organization",
            Self::WaitlistEntry => "waitlist_entry",
        }
    }
}

/// Uses one of the visitor's network and one of the instance. Only what the transaction commits is used. The instance's row stays
/// locked until then, so this comes last.
///
/// # Errors
/// Too much was stored today, or the database does not answer.
pub(super) async fn take(connection: &mut PgConnection, instance: i64, quota: Quota, address: Option<IpAddr>) -> Result<(), IdentityError> {
    let of_network = address.map_or_else(|| "unknown".to_owned(), |address| network(address).to_string());
    for (key, max) in [(of_network.as_str(), MAX_PER_NETWORK), (store::ALL_NETWORKS, MAX_PER_INSTANCE)] {
        if store::increment(connection, instance, quota.name(), key).await? > max {
            return Err(IdentityError::QuotaUsed(store::seconds_left(connection).await?));
        }
    }
    store::delete_old(connection).await?;
    Ok(())
}
