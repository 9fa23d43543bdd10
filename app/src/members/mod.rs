//! The members of an instance: their roles, and who is invited.

#[cfg(feature = "ssr")]
pub mod filter;
pub mod form;
pub mod role;
pub mod store;
pub mod view;

use role::Role;

/// What the guard has found: the caller's role in the instance that a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The instance's slug.
    pub slug: String,
    /// The caller's role there.
    pub role: Role,
}
