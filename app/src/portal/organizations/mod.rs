//! Organizations of an instance's visitors: created, listed with their members, and left.

mod store;

use std::net::IpAddr;

use sqlx::PgPool;

use super::{
    accounts,
    form::OrganizationForm,
    identity::IdentityError,
    name,
    quotas::{self, Quota},
};
use crate::database::begin;

/// The most organizations that a visitor may be in.
pub const MAX_ORGANIZATIONS: i64 = 100;

/// The most members of an organization that are listed.
pub const MAX_LISTED: i64 = 50;

/// An organization, as its members see it. Personal data: not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Organization {
    /// The key.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The members' names, the visitor's first, then those of the longest membership; [`MAX_LISTED`] at most.
    pub members: Vec<String>,
    /// How many members there are.
    pub count: i64,
}

/// Leaves out its name and its members, for logs.
impl std::fmt::Debug for Organization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Organization").field("id", &self.id).field("count", &self.count).finish_non_exhaustive()
    }
}

/// Creates an organization with the visitor as its first member, and returns its key.
///
/// # Errors
/// The name is wrong, the visitor is in too many organizations or not one of the instance's, too much was stored today from the client's
/// `address`, or the database does not answer.
pub async fn create(
    pool: &PgPool,
    instance: i64,
    visitor: i64,
    form: &OrganizationForm,
    address: Option<IpAddr>,
) -> Result<i64, IdentityError> {
    let name = name::parse(&form.name).map_err(|error| IdentityError::field("name", error))?;
    if name.is_empty() {
        return Err(IdentityError::field("name", "Enter a name, like Harbour Rowing Club."));
    }
    let mut transaction = begin(pool).await?;
    // Two requests of one visitor at the same time run one after the other, so that both are counted.
    accounts::lock_row(&mut transaction, instance, visitor).await?.ok_or_else(IdentityError::signed_out)?;
    if store::count(&mut transaction, visitor).await? >= MAX_ORGANIZATIONS {
        let message = format_args!("You are in {MAX_ORGANIZATIONS} organizations, which is the limit. Leave one first.");
        return Err(IdentityError::field("name", message));
    }
    let id = store::insert(&mut transaction, instance, visitor, &name).await?;
    quotas::take(&mut transaction, instance, Quota::Organization, address).await?;
    transaction.commit().await?;
    Ok(id)
}

/// A visitor's organizations, by name.
///
/// # Errors
/// The database does not answer.
pub async fn list(pool: &PgPool, instance: i64, visitor: i64) -> Result<Vec<Organization>, IdentityError> {
    Ok(store::list(pool, instance, visitor).await?)
}

/// Removes a visitor from an organization, and deletes the organization if nobody is left in it. Returns whether the visitor was a
/// member.
///
/// # Errors
/// The database does not answer.
pub async fn leave(pool: &PgPool, instance: i64, visitor: i64, organization: i64) -> Result<bool, IdentityError> {
    let mut transaction = begin(pool).await?;
    // If the last two members leave at the same time, the second one waits here and then is the last.
    if !store::lock_row(&mut transaction, instance, visitor, organization).await? {
        return Ok(false);
    }
    let was_member = store::delete_member(&mut transaction, visitor, organization).await?;
    store::delete_if_empty(&mut transaction, organization).await?;
    transaction.commit().await?;
    Ok(was_member)
}
