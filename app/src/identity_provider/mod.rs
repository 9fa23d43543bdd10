//! An instance's identity provider: where its visitors may sign in with `OpenID` Connect, beside or instead of its own accounts.

mod claims;
mod fingerprint;
pub mod form;
mod issuer;
mod settings;
pub mod store;
#[cfg(test)]
mod store_tests;
pub mod view;

#[cfg(test)]
pub(crate) use claims::tests::settings as tests_settings;
pub use claims::{Profile, ProfileError};
pub use issuer::{Issuer, NotAnIssuer};
pub use settings::{ClaimRule, ClaimUse, EncryptedSecret, ProviderSettings, StoredProvider};

/// The path of the page that sends a visitor to the provider.
pub const BEGIN: &str = "/identity-provider";
/// The path where the provider sends the visitor back: the redirect URI.
pub const CALLBACK: &str = "/identity-provider/callback";
/// The path of the page that asks for the password of an account, to link it.
pub const LINK: &str = "/identity-provider/link";
/// The path where an owner tries out a sign-in.
pub const TRIAL: &str = "/identity-provider/trial";
/// The path of the page that leads on to the provider's own sign-out.
pub const SIGN_OUT: &str = "/identity-provider/sign-out";

/// The absolute URLs of one of these paths: on the portal's own host, and below the address of the dashboard.
pub fn at_portal(portal: &str, slug: &str, dashboard: &str, path: &str) -> [String; 2] {
    [format!("{portal}{path}"), format!("{}/portal/{slug}{path}", dashboard.trim_end_matches('/'))]
}

/// How long somebody may take at a provider, in minutes.
pub const SIGN_IN_MINUTES: i32 = 30;

/// Which identity providers a server asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AllowedProviders {
    /// None.
    Off,
    /// Those at addresses of the public internet, with TLS.
    #[default]
    Public,
    /// Also those in private networks and on this machine, and those without TLS.
    Private,
}

/// What the hosted pages show of an instance's provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderButton {
    /// The text of the button.
    pub text: String,
    /// Whether nobody signs in with a password.
    pub replaces_accounts: bool,
    /// Whether the provider fills the names at every sign-in, so that visitors can't change them here.
    pub manages_names: bool,
}
