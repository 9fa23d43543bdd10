//! The forms of the outbox's page.

use serde::Deserialize;

/// The form that sends a test mail.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestForm {
    /// The address, as typed.
    pub to: String,
}

/// The form that has a mail sent again, or deletes it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailForm {
    /// The mail's key.
    pub mail: i64,
}
