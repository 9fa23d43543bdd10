//! An instance's waitlist: email addresses of people who want to be told when they can sign up.

mod store;

use sqlx::PgPool;

use super::{form::WaitlistForm, identity::IdentityError};
use crate::credentials::email::Email;

/// Puts an address on the waitlist. The result is the same if it is already there.
///
/// # Errors
/// The address is invalid, or the database does not answer.
pub async fn join(pool: &PgPool, instance: i64, form: &WaitlistForm) -> Result<(), IdentityError> {
    let email: Email = form.email_address.parse().map_err(|error| IdentityError::field("email_address", error))?;
    Ok(store::insert(pool, instance, &email).await?)
}
