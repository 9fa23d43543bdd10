//! Admins in PostgreSQL: accounts, sessions, devices and one-time links.

pub mod accounts;
pub mod devices;
pub mod links;
pub mod sessions;
