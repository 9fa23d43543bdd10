//! Mail: what waits to be sent, and what each mail says.
//!
//! Callers add a mail to the outbox (`store/`), in the transaction of what it is about. A runtime with `--smtp-url` sends
//! it: `content.rs` finds out then whether there is still something to say, and makes codes and tokens, so that none is stored. `text.rs`
//! is the template, `view.rs` the page of the outbox.

mod content;
pub mod form;
pub mod store;
mod text;
pub mod view;

use strum::EnumCount;

use crate::credentials::email::Email;
pub use content::content;
pub use text::{Message, one_line};

/// Whether this server sends mail. Pages find it in their context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendsMail(pub bool);

/// The message of a test mail.
pub fn test_message(recipient: &Email) -> Message {
    content::test(recipient)
}

/// For how many hours a mail with a code is tried again. Nobody waits longer for a code.
const CODE_HOURS: i32 = 1;

/// For how many hours any other mail is tried again.
const OTHER_HOURS: i32 = 24;

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount)]
pub enum MailKind {
    /// A visitor has forgotten their password.
    VisitorReset,
    /// A visitor's password was changed.
    VisitorPasswordChanged,
    /// A visitor confirms their email address.
    VisitorConfirmation,
    /// Somebody signs up or in where an address is confirmed first.
    PendingConfirmation,
    /// Somebody is invited to an organization.
    OrganizationInvitation,
    /// An admin has forgotten their password.
    AdminReset,
    /// An admin's password was changed.
    AdminPasswordChanged,
    /// Somebody is invited to an instance.
    AdminInvitation,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = [
        Self::VisitorReset,
        Self::VisitorPasswordChanged,
        Self::VisitorConfirmation,
        Self::PendingConfirmation,
        Self::OrganizationInvitation,
        Self::AdminReset,
        Self::AdminPasswordChanged,
        Self::AdminInvitation,
    ];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::VisitorReset => "visitor_reset",
            Self::VisitorPasswordChanged => "visitor_password_changed",
            Self::VisitorConfirmation => "visitor_confirmation",
            Self::PendingConfirmation => "pending_confirmation",
            Self::OrganizationInvitation => "organization_invitation",
            Self::AdminReset => "admin_reset",
            Self::AdminPasswordChanged => "admin_password_changed",
            Self::AdminInvitation => "admin_invitation",
        }
    }

    /// The kind of that name; `None` if a later version of the server has added it.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What screens call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::VisitorReset => "Forgotten password of a visitor",
            Self::VisitorPasswordChanged => "Changed password of a visitor",
            Self::VisitorConfirmation => "Confirmation of a visitor's address",
            Self::PendingConfirmation => "Confirmation before a sign-up or sign-in",
            Self::OrganizationInvitation => "Invitation to an organization",
            Self::AdminReset => "Forgotten password of an admin",
            Self::AdminPasswordChanged => "Changed password of an admin",
            Self::AdminInvitation => "Invitation to an instance",
        }
    }

    /// For how many hours it is tried again.
    fn hours(self) -> i32 {
        match self {
            Self::VisitorReset | Self::VisitorConfirmation | Self::PendingConfirmation | Self::AdminReset => CODE_HOURS,
            Self::VisitorPasswordChanged | Self::OrganizationInvitation | Self::AdminPasswordChanged | Self::AdminInvitation => OTHER_HOURS,
        }
    }
}
