//! The hosted portal pages: who a visitor is, what they type, what is stored of it, and how the pages look.
//!
//! The flows know visitors only through [`identity::Identity`]; how an instance's visitors are recognised is behind it.

use std::sync::Arc;

use sqlx::PgPool;

use accounts::Accounts;
use identity::{Identity, IdentityKind};

mod accounts;
pub mod address;
#[cfg(test)]
mod fixtures;
pub mod form;
pub mod identifier;
#[cfg(test)]
mod identifier_tests;
pub mod identity;
mod identity_error;
mod name;
pub mod organizations;
#[cfg(test)]
mod organizations_tests;
pub mod view;
pub mod waitlist;

/// What recognises the visitors of an instance, given by its key.
pub fn identity(kind: IdentityKind, pool: &PgPool, instance: i64) -> Arc<dyn Identity> {
    match kind {
        IdentityKind::Accounts => Arc::new(Accounts::new(pool.clone(), instance)),
    }
}
