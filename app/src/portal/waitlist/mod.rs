//! An instance's waitlist: email addresses of people who want to be told when they can sign up.

mod store;

use std::net::IpAddr;

use sqlx::PgPool;

use super::{
    form::WaitlistForm,
    identity::IdentityError,
    quotas::{self, Quota},
};
use crate::{credentials::email::Email, database::begin};

/// Puts an email address on the waitlist. The result is the same if it is already there, also for the quota of the client's `address`.
///
/// # Errors
/// The email address is invalid, too much was stored today, or the database does not answer.
pub async fn join(pool: &PgPool, instance: i64, form: &WaitlistForm, address: Option<IpAddr>) -> Result<(), IdentityError> {
    let email: Email = form.email_address.parse().map_err(|error| IdentityError::field("email_address", error))?;
    let mut transaction = begin(pool).await?;
    store::insert(&mut transaction, instance, &email).await?;
    quotas::take(&mut transaction, instance, Quota::WaitlistEntry, address).await?;
    transaction.commit().await?;
    Ok(())
}
