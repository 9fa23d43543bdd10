//! Accounts, their sessions, the browsers they have used, and one-time links, as they are stored.

pub mod accounts;
pub mod devices;
pub mod links;
pub mod sessions;
