//! Admins who sign in at the company's identity provider. Their groups say what they may do, anew at each sign-in.

mod config;
pub mod sign_in;
pub mod store;
#[cfg(test)]
mod tests;

pub use config::{AdminProvider, Grants, NotAnAdminProvider};

/// How long a session of somebody who signs in at the provider lasts at most, in hours: for so long, a group that was lost still counts.
pub const MAX_HOURS: i32 = 12;

/// What the sign-in page says of the provider. The page finds it in its context.
#[derive(Clone, Debug)]
pub struct AdminProviderButton {
    /// The text of the button.
    pub text: String,
    /// The issuer.
    pub issuer: String,
    /// Whether passwords no longer count, once somebody has signed in at the provider.
    pub replaces_passwords: bool,
}

/// A person whom the provider has signed in. Personal data: not for logs.
#[derive(Clone)]
pub struct ProviderAdmin {
    /// The person's key at the provider.
    pub subject: String,
    /// The claims about them.
    pub claims: serde_json::Map<String, serde_json::Value>,
}
