//! What visitors type into the portal's forms. Passwords are never shown again, and nothing of it is logged.

use serde::Deserialize;

use crate::credentials::password::Password;

/// The form of `/sign-in`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignInForm {
    /// An email address, a phone number or a username, as typed.
    pub identifier: String,
    /// The password.
    pub password: Password,
}

/// The form of `/sign-up`. One of the first three at least.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignUpForm {
    /// As typed.
    pub email_address: String,
    /// As typed.
    pub phone_number: String,
    /// As typed.
    pub username: String,
    /// As typed.
    pub first_name: String,
    /// As typed.
    pub last_name: String,
    /// The password.
    pub password: Password,
}

/// The form that changes one's names on `/user`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NamesForm {
    /// As typed.
    pub first_name: String,
    /// As typed.
    pub last_name: String,
}

/// The form that changes one's password on `/user`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordForm {
    /// The password until now.
    pub current: Password,
    /// The one from now on.
    pub new: Password,
}

/// The form of `/create-organization`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrganizationForm {
    /// As typed.
    pub name: String,
}

/// The form of `/waitlist`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WaitlistForm {
    /// As typed.
    pub email_address: String,
}

/// The form that ends one of one's own sessions on `/user`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionForm {
    /// Its key.
    pub session: i64,
}

/// The form that leaves an organization on `/organization`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveForm {
    /// Its key.
    pub organization: i64,
}

/// A form without fields: all that it says is that somebody has pressed its button.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ButtonForm {}
