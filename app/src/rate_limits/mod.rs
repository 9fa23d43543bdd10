//! How often something may be attempted, counted in the database for all runtimes together.

mod key;
pub mod store;
#[cfg(test)]
mod store_tests;

pub use key::{Key, key_of};
