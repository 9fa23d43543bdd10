//! The forms of the Visitors page.

use serde::Deserialize;

/// The form to find a visitor.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindForm {
    /// An email address, a phone number or a username, as typed.
    pub find: String,
}

/// The form to delete a visitor's account.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteForm {
    /// The visitor's key.
    pub visitor: i64,
}

/// The form to take an email address off the waitlist.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitlistDeleteForm {
    /// The address, as it is stored.
    pub email_address: String,
}
