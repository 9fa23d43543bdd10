//! Admins in PostgreSQL: accounts, sign-ins, sessions, devices, second factors and one-time links.

pub mod accounts;
pub mod devices;
pub mod links;
pub mod pending_sign_ins;
pub mod second_factors;
pub mod sessions;
