//! What is typed to sign in, to accept a link and to change a password. Passwords are never shown again.

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
    /// The page to go on to.
    #[serde(default)]
    pub next: String,
}

/// The form behind a one-time link.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkForm {
    /// The link's token.
    #[serde(default)]
    pub token: String,
    /// Who sets the server up says their email address themselves.
    #[serde(default)]
    pub email: String,
    /// The password: a new one, or that of an account that exists.
    #[serde(default)]
    pub password: Password,
}

/// The form that changes one's own password.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordForm {
    /// The password until now.
    pub current: Password,
    /// The one from now on.
    pub new: Password,
}

/// The form that ends one of one's own sessions.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionForm {
    /// Its key.
    pub session: i64,
}
