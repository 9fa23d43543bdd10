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
    /// The API token that a program acts with; `None` where the account's owner acts.
    pub token: Option<ActingToken>,
}

/// An API token that somebody's program acts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActingToken {
    /// The token's key.
    pub id: i64,
    /// What its maker calls it.
    pub name: String,
}

impl Actor {
    /// The server itself, for example at its first start.
    pub fn server() -> Self {
        Self { admin: None, name: "the server".to_owned(), address: None, token: None }
    }

    /// Somebody who runs commands on the server's machine.
    pub fn command_line() -> Self {
        Self { admin: None, name: "the command line".to_owned(), address: None, token: None }
    }
}

/// Somebody as a sentence names them, with the API token that their program acted with.
pub fn with_token(who: &str, api_token: Option<&str>) -> String {
    api_token.map_or_else(|| who.to_owned(), |token| format!("{who} (API token {token})"))
}
