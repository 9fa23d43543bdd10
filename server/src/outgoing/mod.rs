//! Bounded requests to other servers, whose addresses others may choose. A name is resolved once, each address is checked against the
//! policy, and the connection goes to an address that passed. There are no cookies, no proxies and no reused connections.

mod address;
mod authorities;
mod certificate;
mod client;
mod connection;
mod error;
mod follow;
mod resolver;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use address::AddressPolicy;
pub(crate) use authorities::trusted_authorities;
pub(crate) use client::{Client, Fetched, OutgoingRequest};
pub(crate) use error::OutgoingError;
pub(crate) use follow::{End, FollowError, Followed};
#[cfg(test)]
pub(crate) use resolver::Resolve;
