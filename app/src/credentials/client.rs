//! The client of a sign-in: its address, its browser and the tokens that the browser already has.

use std::net::IpAddr;

use super::token::Token;

/// The client of a sign-in.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The client's IP address.
    pub address: Option<IpAddr>,
    /// The browser's `User-Agent`.
    pub browser: String,
    /// The token of the session that the new one replaces.
    pub session: Option<Token>,
    /// The token that shows that somebody has signed in with this browser before.
    pub device: Option<Token>,
}
