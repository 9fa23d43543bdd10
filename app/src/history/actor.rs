//! Who makes a change, and from which address.

use std::net::IpAddr;

/// Who makes a change, and from which address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account's key; `None` if nobody is signed in.
    pub admin: Option<i64>,
    /// The account's email address, or another name where there is no account.
    pub name: String,
    /// The client's IP address; `None` if there is no client.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// The server itself, for example at its first start.
    pub fn server() -> Self {
        Self { admin: None, name: "the server".to_owned(), address: None }
    }

    /// Somebody who runs commands on the server's machine.
    pub fn command_line() -> Self {
        Self { admin: None, name: "the command line".to_owned(), address: None }
    }
}
