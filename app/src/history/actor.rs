//! Who does something, and from where.

use std::net::IpAddr;

/// Who does something, and from where: what the record of a change says of its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account's key; `None` where nobody is signed in.
    pub admin: Option<i64>,
    /// The account's email address, or what else there is to call them.
    pub name: String,
    /// The client's address, where there is one.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// The server itself, as when it starts for the first time.
    pub fn server() -> Self {
        Self { admin: None, name: "the server".to_owned(), address: None }
    }

    /// Whoever may run commands beside the server.
    pub fn command_line() -> Self {
        Self { admin: None, name: "the command line".to_owned(), address: None }
    }
}
