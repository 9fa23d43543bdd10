//! Who asks: the admin behind a request's session.

use super::Email;
use crate::history::Actor;

/// The admin behind a request. There is one only where a session was found, so whoever holds one is signed in.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account's key.
    pub id: i64,
    /// The account's email address.
    pub email: Email,
    /// Whether they may create instances.
    pub is_server_admin: bool,
    /// The key of the session that they ask with.
    pub session: i64,
    /// What the record of a change says of them.
    pub actor: Actor,
}
