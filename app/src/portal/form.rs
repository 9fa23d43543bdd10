//! The forms of the portal's pages, as typed. Passwords are never shown again, and nothing from a form is logged. Fields that a form
//! does not have are ignored: browser extensions add some.

use serde::Deserialize;

use crate::credentials::password::Password;

/// The form of `/sign-in`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SignInForm {
    /// An email address, a phone number or a username, as typed.
    pub identifier: String,
    /// The password.
    pub password: Password,
}

/// The form of `/sign-up`. At least one of the first three fields is needed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
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

/// The form on `/user` that changes the visitor's names.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct NamesForm {
    /// As typed.
    pub first_name: String,
    /// As typed.
    pub last_name: String,
}

/// The form on `/user` that changes the visitor's password.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    /// The current password.
    pub current: Password,
    /// The new password.
    pub new: Password,
}

/// The form of `/forgot-password`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ForgotForm {
    /// As typed.
    pub email_address: String,
}

/// The form of `/confirm-email`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    /// The code from the mail, as typed or from its link.
    pub code: String,
}

/// The form of `/check-mail`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CheckMailForm {
    /// The code from the mail, as typed or from its link.
    pub code: String,
    /// Whether another mail is wanted.
    pub again: Option<String>,
}

/// The form of `/reset-password`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ResetForm {
    /// The code from the mail, as typed or from its link.
    pub code: String,
    /// The new password.
    pub new: Password,
}

/// The form on `/user` that deletes the visitor's account.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct DeletionForm {
    /// The password, to be sure that it is the visitor.
    pub password: Password,
}

/// The form of `/create-organization`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct OrganizationForm {
    /// As typed.
    pub name: String,
}

/// The form of `/waitlist`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct WaitlistForm {
    /// As typed.
    pub email_address: String,
}

/// The form on `/user` that ends one of the visitor's sessions.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct SessionForm {
    /// The session's key.
    pub session: i64,
}

/// The form on `/organization` that invites somebody.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct InvitationForm {
    /// The organization's key.
    pub organization: i64,
    /// As typed.
    pub email_address: String,
}

/// The form on `/organization` that leaves one.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct LeaveForm {
    /// The organization's key.
    pub organization: i64,
}

/// The form of `/sign-out`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SignOutForm {
    /// Whether the visitor signs out at the identity provider too.
    pub provider: Option<String>,
}

/// The form that links an account with a person of the identity provider.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct LinkForm {
    /// The account's password.
    pub password: Password,
}

/// A form without fields, just a button.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct ButtonForm {}
