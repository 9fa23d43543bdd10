//! The kinds of changes, and their names in the database.

use std::{fmt, str::FromStr};

use strum::EnumCount;

/// The kind of a recorded change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount)]
pub enum Kind {
    /// An instance was created.
    Created,
    /// An instance's settings were changed.
    Settings,
    /// Fallback redirects were changed.
    Redirects,
    /// The fallback redirects of an earlier version were restored.
    Restored,
    /// Settings were copied from another instance.
    Copied,
    /// An instance was archived.
    Archived,
    /// An instance was restored from the archive.
    Unarchived,
    /// The hosted pages of an instance were switched on.
    PortalEnabled,
    /// The hosted pages of an instance were switched off.
    PortalDisabled,
    /// Somebody was invited.
    Invited,
    /// An invitation was withdrawn.
    InvitationWithdrawn,
    /// Somebody became a member.
    Joined,
    /// A member's role was changed.
    Role,
    /// A member was removed.
    Removed,
    /// A visitor's account was deleted.
    VisitorDeleted,
    /// An email address was taken off the waitlist.
    WaitlistEntryDeleted,
    /// A refused origin or reason was dismissed from Activity.
    RefusalDismissed,
    /// A dismissed one is shown again.
    RefusalShown,
    /// A preview origin was added, or its expiry moved.
    PreviewOriginAdded,
    /// A preview origin was removed.
    PreviewOriginRemoved,
    /// The visits of an instance are counted again.
    VisitsCounted,
    /// The visits of an instance are no longer counted.
    VisitsNotCounted,
    /// The identity provider was added or changed.
    IdentityProvider,
    /// The identity provider was removed.
    IdentityProviderRemoved,
    /// An API token was issued.
    ApiTokenIssued,
    /// An API token was revoked.
    ApiTokenRevoked,
    /// A client with a secret was added.
    ClientAdded,
    /// A client was removed.
    ClientRemoved,
    /// A client got another secret.
    ClientSecretReplaced,
    /// A new key signs tokens.
    SigningKeyRotated,
    /// An account was created.
    AccountCreated,
    /// An account was removed.
    AccountRemoved,
    /// Somebody signed in.
    SignedIn,
    /// A sign-in failed.
    SignInFailed,
    /// Somebody signed out.
    SignedOut,
    /// Somebody ended one of their other sessions.
    SessionEnded,
    /// A password reset link was created.
    ResetIssued,
    /// A password was reset with such a link.
    PasswordReset,
    /// A password was changed.
    PasswordChanged,
    /// A second factor was turned on.
    SecondFactorOn,
    /// A second factor was turned off.
    SecondFactorOff,
    /// A wrong code was entered, or one that had been used.
    SecondFactorFailed,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// New recovery codes took the place of the earlier ones.
    RecoveryCodesMade,
}

impl Kind {
    /// The kinds that concern preview origins. They raise an instance's version and leave its settings and redirects as they are.
    pub const PREVIEW_ORIGINS: [Self; 2] = [Self::PreviewOriginAdded, Self::PreviewOriginRemoved];

    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Created,
        Self::Settings,
        Self::Redirects,
        Self::Restored,
        Self::Copied,
        Self::Archived,
        Self::Unarchived,
        Self::PortalEnabled,
        Self::PortalDisabled,
        Self::Invited,
        Self::InvitationWithdrawn,
        Self::Joined,
        Self::Role,
        Self::Removed,
        Self::VisitorDeleted,
        Self::WaitlistEntryDeleted,
        Self::RefusalDismissed,
        Self::RefusalShown,
        Self::PreviewOriginAdded,
        Self::PreviewOriginRemoved,
        Self::VisitsCounted,
        Self::VisitsNotCounted,
        Self::IdentityProvider,
        Self::IdentityProviderRemoved,
        Self::ApiTokenIssued,
        Self::ApiTokenRevoked,
        Self::ClientAdded,
        Self::ClientRemoved,
        Self::ClientSecretReplaced,
        Self::SigningKeyRotated,
        Self::AccountCreated,
        Self::AccountRemoved,
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
        Self::SessionEnded,
        Self::ResetIssued,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::SecondFactorOn,
        Self::SecondFactorOff,
        Self::SecondFactorFailed,
        Self::RecoveryCodeUsed,
        Self::RecoveryCodesMade,
    ];

    /// The kind's name in the database and in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Settings => "settings",
            Self::Redirects => "redirects",
            Self::Restored => "restored",
            Self::Copied => "copied",
            Self::Archived => "archived",
            Self::Unarchived => "unarchived",
            Self::PortalEnabled => "portal_enabled",
            Self::PortalDisabled => "portal_disabled",
            Self::Invited => "invited",
            Self::InvitationWithdrawn => "invitation_withdrawn",
            Self::Joined => "joined",
            Self::Role => "role",
            Self::Removed => "removed",
            Self::VisitorDeleted => "visitor_deleted",
            Self::WaitlistEntryDeleted => "waitlist_entry_deleted",
            Self::RefusalDismissed => "refusal_dismissed",
            Self::RefusalShown => "refusal_shown",
            Self::PreviewOriginAdded => "preview_origin_added",
            Self::PreviewOriginRemoved => "preview_origin_removed",
            Self::VisitsCounted => "visits_counted",
            Self::VisitsNotCounted => "visits_not_counted",
            Self::IdentityProvider => "identity_provider",
            Self::IdentityProviderRemoved => "identity_provider_removed",
            Self::ApiTokenIssued => "api_token_issued",
            Self::ApiTokenRevoked => "api_token_revoked",
            Self::ClientAdded => "client_added",
            Self::ClientRemoved => "client_removed",
            Self::ClientSecretReplaced => "client_secret_replaced",
            Self::SigningKeyRotated => "signing_key_rotated",
            Self::AccountCreated => "account_created",
            Self::AccountRemoved => "account_removed",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::SessionEnded => "session_ended",
            Self::ResetIssued => "reset_issued",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::SecondFactorOn => "second_factor_on",
            Self::SecondFactorOff => "second_factor_off",
            Self::SecondFactorFailed => "second_factor_failed",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::RecoveryCodesMade => "recovery_codes_made",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not the name of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of change")]
pub struct UnknownKind;

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(UnknownKind)
    }
}
