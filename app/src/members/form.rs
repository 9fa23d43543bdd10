//! The forms of the Members page. Each one names the member or the invitation that it is about.

use serde::Deserialize;

/// The form to invite somebody.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InviteForm {
    /// The email address, as typed.
    pub email: String,
    /// The role's name; empty if none was chosen.
    #[serde(default)]
    pub role: String,
}

/// The form to give a member another role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleForm {
    /// The key of the member's account.
    pub member: i64,
    /// The role's name.
    pub role: String,
}

/// The form to remove a member.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveForm {
    /// The key of the member's account.
    pub member: i64,
}

/// The form to withdraw an invitation.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawForm {
    /// The invitation's key.
    pub invitation: i64,
}
