//! Tests of the portal. Those that need PostgreSQL have a database each.

pub(super) mod fixtures;
mod identifier;
mod identity_error;
mod organizations;
mod quotas;
mod waitlist;
