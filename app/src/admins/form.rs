//! The forms to sign in, to follow a one-time link, to change a password, to end a session, and of the second factor. Passwords and
//! codes are never shown again.

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

/// The form of the page for a forgotten password.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgottenForm {
    /// The email address as typed.
    pub email: String,
}

/// The form of the second step of signing in: one of the two codes.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeForm {
    /// A code of the authenticator app.
    #[serde(default)]
    pub code: String,
    /// A recovery code.
    #[serde(default)]
    pub recovery_code: String,
    /// The page to open afterwards.
    #[serde(default)]
    pub next: String,
}

/// The form that begins to set the second factor up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetUpForm {
    /// The password; not needed a moment after signing in.
    #[serde(default)]
    pub password: Password,
}

/// The form that confirms a second factor.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmForm {
    /// The first code of the authenticator app.
    pub code: String,
}

/// The form that turns the second factor off, or makes new recovery codes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofForm {
    /// The password, or a code of the authenticator app.
    pub proof: Password,
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
    /// A code of the authenticator app, if the existing account has one.
    #[serde(default)]
    pub code: String,
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
