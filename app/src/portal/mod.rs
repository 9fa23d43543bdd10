//! The hosted portal pages: who a visitor is, what they type, what is stored about them, and how the pages look.
//!
//! The flows know visitors only through [`identity::Identity`], which hides how an instance signs its visitors in.

mod accounts;
pub mod address;
pub mod codes;
pub mod confirmation;
pub mod ended_flow;
pub mod form;
pub mod identifier;
pub mod identity;
mod identity_error;
mod name;
pub mod oidc;
pub mod organizations;
pub mod provider;
pub mod quotas;
#[cfg(test)]
mod tests;
mod trunk_zero;
pub mod typed;
pub mod view;
pub mod waitlist;

use std::sync::Arc;

use sqlx::{PgConnection, PgPool};

use accounts::Accounts;
pub use accounts::MAX_SESSION_HOURS;
use identity::{Identity, IdentityKind};

/// How the instance with that key signs its visitors in.
pub fn identity(kind: IdentityKind, pool: &PgPool, instance: i64) -> Arc<dyn Identity> {
    match kind {
        IdentityKind::Accounts => Arc::new(Accounts::new(pool.clone(), instance)),
    }
}

/// Deletes a visitor's account with its sessions, and the organizations that have nobody else. Returns whether there was such a visitor.
///
/// # Errors
/// A query fails.
pub(crate) async fn delete_account(connection: &mut PgConnection, instance: i64, visitor: i64) -> sqlx::Result<bool> {
    accounts::delete(connection, instance, visitor).await
}
