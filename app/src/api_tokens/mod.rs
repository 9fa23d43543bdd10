//! API tokens: what programs sign in with. A token has a scope and an end, and never does more than its maker may do at that moment.

pub mod form;
pub mod scope;
pub mod secret;
pub mod store;
#[cfg(test)]
mod store_tests;
pub mod view;

pub use scope::Scope;
pub use secret::Secret;
