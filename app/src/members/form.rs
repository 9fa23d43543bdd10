//! What an owner posts about members: each form names the member or the invitation that it is about.

use serde::Deserialize;

/// An invitation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InviteForm {
    /// The email address, as typed.
    pub email: String,
    /// The role's name; empty where none was chosen.
    #[serde(default)]
    pub role: String,
}

/// Another role for a member.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleForm {
    /// The member's account, by its key.
    pub member: i64,
    /// The role's name.
    pub role: String,
}

/// A member to remove.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveForm {
    /// The member's account, by its key.
    pub member: i64,
}

/// An invitation to withdraw.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawForm {
    /// The invitation's key.
    pub invitation: i64,
}
