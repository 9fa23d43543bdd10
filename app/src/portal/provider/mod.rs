//! Visitors who sign in at the instance's identity provider. An account is found by issuer and subject, never by its email address. Where
//! another account has the person's verified address, that account's password links both.

mod sign_in;
pub mod store;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::{credentials::token::Token, identity_provider::Profile};

pub(super) use sign_in::{link, sign_in};

/// A person whom the provider has signed in. Personal data: not for logs.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ProviderPerson {
    /// The provider's issuer.
    pub issuer: String,
    /// The person's key there.
    pub subject: String,
    /// What the claims say of them.
    pub profile: Profile,
}

/// How a sign-in at the provider goes on.
#[derive(Clone, Debug)]
pub enum ProviderOutcome {
    /// A session has begun; this is its token, for the cookie.
    SignedIn {
        /// The session's token.
        token: Token,
        /// Whether the account is new: then the sign-in was a sign-up.
        is_new: bool,
    },
    /// An account has the person's address already. Its password links both.
    LinkFirst,
    /// Nobody is let in, for that reason.
    Refused(SignUpRefusal),
}

/// Why a person whom the provider has signed in gets no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpRefusal {
    /// The instance lets nobody sign up at the provider.
    SignUpClosed,
    /// The claims have neither a verified email address nor a username.
    NoIdentifier,
    /// Another person of the provider has that address or username here.
    Taken,
}
