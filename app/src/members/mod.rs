//! An instance's members: who may do what with it, and who is invited.

pub mod form;
pub mod role;
mod rows;
pub mod store;
#[cfg(test)]
mod tests;
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
