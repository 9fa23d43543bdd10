//! The client of a sign-in: its address, its browser and the tokens that the browser already has.

use std::net::{IpAddr, Ipv6Addr};

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

/// The part of an address that belongs to one customer: of IPv6, the first 64 bits.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_customer_are_one_network() {
        let read = |text: &str| network(text.parse().unwrap());
        assert_eq!(read("2001:db8::1"), read("2001:db8::ffff:0:0:2"));
        assert_ne!(read("2001:db8::1"), read("2001:db8:0:1::1"));
        assert_eq!(read("::ffff:192.0.2.1"), read("192.0.2.1"));
        assert_ne!(read("192.0.2.1"), read("192.0.2.2"));
    }
}
