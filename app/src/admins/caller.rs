//! The caller: the admin whose session a request carries.

use super::Email;
use crate::history::Actor;

/// The admin who makes a request. The guard makes a `Caller` only from a valid session, so a caller is always signed in.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account's key.
    pub id: i64,
    /// The account's email address.
    pub email: Email,
    /// Whether they are a server-wide admin, who may create instances.
    pub is_server_admin: bool,
    /// Whether their second factor is on.
    pub has_second_factor: bool,
    /// Whether the identity provider has checked a second factor when this session began.
    pub has_provider_factor: bool,
    /// The key of the request's session.
    pub session: i64,
    /// What the history records about them.
    pub actor: Actor,
}
