//! Copying settings from one instance to another, as from development to production: allowed origins and fallback redirects.
//! `plan.rs` says what would change and what the target's rules refuse, before and while it is done.

pub mod form;
pub mod plan;
mod sections;
pub mod store;
#[cfg(test)]
mod tests;
pub mod view;
