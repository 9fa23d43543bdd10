//! The forms to sign in, to follow a one-time link, to change a password and to end a session. Passwords are never shown again.

use serde::Deserialize;

use crate::credentials::password::Password;

/// The form of the sign-in page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInForm {
    /// The email address as typed.
    pub email: String,
    /// The password.
    pub password: Password,
    /// The page to open afterwards.
    #[serde(default)]
    pub next: String,
}

/// The form of a one-time link's page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkForm {
    /// The link's token.
    #[serde(default)]
    pub token: String,
    /// The email address, as typed; only a setup link asks for it.
    #[serde(default)]
    pub email: String,
    /// The password: a new one, or that of the existing account.
    #[serde(default)]
    pub password: Password,
}

/// The form to change one's own password.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordForm {
    /// The present password.
    pub current: Password,
    /// The new password.
    pub new: Password,
}

/// The form to end one of one's own sessions.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionForm {
    /// The session's key.
    pub session: i64,
}
