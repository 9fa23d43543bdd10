//! How the portal's flows see visitors, however an instance signs them in: by accounts with a password, by an `OpenID` Connect provider,
//! or by both.

use std::{fmt, future::Future, pin::Pin, str::FromStr};

use strum::EnumCount;
use time::OffsetDateTime;

pub use super::identity_error::IdentityError;
use super::{
    confirmation::{SignIn, Unconfirmed},
    form::{DeletionForm, NamesForm, PasswordForm, ResetForm, SignInForm, SignUpForm},
    provider::{ProviderOutcome, ProviderPerson},
};
use crate::{
    credentials::{client::Client, email::Email, password::Password, token::Token},
    identity_provider::ProviderSettings,
};

/// How an instance signs its visitors in, by the names in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumCount)]
pub enum IdentityKind {
    /// By the instance's own accounts, each with a password.
    #[default]
    Accounts,
}

impl IdentityKind {
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = [Self::Accounts];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
        }
    }
}

/// No kind of identity has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of identity")]
pub struct UnknownIdentity;

impl FromStr for IdentityKind {
    type Err = UnknownIdentity;

    fn from_str(name: &str) -> Result<Self, UnknownIdentity> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(UnknownIdentity)
    }
}

/// A signed-in visitor. Personal data: not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Visitor {
    /// The visitor's key, which organizations refer to.
    pub id: i64,
    /// The session's key.
    pub session: i64,
    /// `email_address`
    pub email_address: Option<String>,
    /// `phone_number`
    pub phone_number: Option<String>,
    /// `username`
    pub username: Option<String>,
    /// `first_name`, empty if there is none.
    pub first_name: String,
    /// `last_name`, empty if there is none.
    pub last_name: String,
    /// Whether the account has a password.
    pub has_password: bool,
    /// Whether the visitor can sign in at the instance's identity provider.
    pub has_identity: bool,
    /// Whether this session has begun there.
    pub by_provider: bool,
}

impl Visitor {
    /// The identifier that the pages show: the email address, else the username, else the phone number.
    pub fn display_name(&self) -> &str {
        [&self.email_address, &self.username, &self.phone_number].into_iter().flatten().next().map_or("", String::as_str)
    }
}

/// Leaves out who it is, for logs.
impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One of a visitor's own sessions.
#[derive(Clone, Debug)]
pub struct OwnSession {
    /// The key.
    pub id: i64,
    /// When it began.
    pub since: OffsetDateTime,
    /// When it was last used, to the minute.
    pub last_seen: OffsetDateTime,
    /// The browser's `User-Agent`.
    pub browser: String,
}

/// A visitor who has forgotten their password.
#[derive(Clone, Copy, Debug)]
pub struct ForgottenPassword<'a> {
    /// Where the mail goes, if there is an account with this address.
    pub email: &'a Email,
    /// The absolute URL of the page that asks for the new password, with the link's parameters.
    pub page: &'a str,
}

/// A visitor's password was replaced. This is their key, and the token of the session that has begun.
#[derive(Clone, Debug)]
pub struct PasswordReset {
    /// The visitor's key.
    pub visitor: i64,
    /// The token of the session.
    pub token: Token,
}

/// The future that the methods of [`Identity`] return.
pub type IdentityFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, IdentityError>> + Send + 'a>>;

/// Signs in the visitors of one instance, and manages their sessions and accounts.
pub trait Identity: Send + Sync {
    /// The visitor whose session has that token; `None` if it has ended, never existed, or is another instance's.
    fn visitor<'a>(&'a self, token: &'a Token) -> IdentityFuture<'a, Option<Visitor>>;

    /// Signs a visitor in, and returns the token of the session that has begun, for the cookie. A wrong password and an unknown account get the same message, after the same time.
    fn sign_in<'a>(&'a self, form: &'a SignInForm, client: &'a Client) -> IdentityFuture<'a, Token>;

    /// Creates an account and signs its visitor in.
    fn sign_up<'a>(&'a self, form: &'a SignUpForm, client: &'a Client) -> IdentityFuture<'a, Token>;

    /// Signs a visitor in where an email address is confirmed first. An account without one signs in as elsewhere.
    fn sign_in_confirmed<'a>(&'a self, form: &'a SignInForm, client: &'a Client) -> IdentityFuture<'a, SignIn>;

    /// Checks a sign-up where the email address is confirmed first. Nothing is stored, and the answer is the same whether or not there is an
    /// account with that address. A username or a phone number that somebody has is an error of its field.
    fn check_sign_up<'a>(&'a self, form: &'a SignUpForm) -> IdentityFuture<'a, Unconfirmed>;

    /// Signs in a person whom the instance's identity provider has signed in.
    fn sign_in_at_provider<'a>(
        &'a self,
        person: &'a ProviderPerson,
        settings: &'a ProviderSettings,
        client: &'a Client,
    ) -> IdentityFuture<'a, ProviderOutcome>;

    /// Links such a person, who is asked for a password in the browser with that token, to the account that has their verified address.
    /// Returns the token of the session that has begun.
    fn link<'a>(
        &'a self,
        pending: (&'a Token, &'a ProviderPerson),
        settings: &'a ProviderSettings,
        password: &'a Password,
        client: &'a Client,
    ) -> IdentityFuture<'a, Token>;

    /// Ends the visitor's current session.
    fn sign_out<'a>(&'a self, visitor: &'a Visitor) -> IdentityFuture<'a, ()>;

    /// The visitor's sessions, the most recently used first.
    fn sessions<'a>(&'a self, visitor: &'a Visitor) -> IdentityFuture<'a, Vec<OwnSession>>;

    /// Ends one of the visitor's sessions. Does nothing if it is not theirs.
    fn end_session<'a>(&'a self, visitor: &'a Visitor, session: i64) -> IdentityFuture<'a, ()>;

    /// Ends all of the visitor's sessions except the current one.
    fn end_other_sessions<'a>(&'a self, visitor: &'a Visitor) -> IdentityFuture<'a, ()>;

    /// Changes the visitor's names.
    fn rename<'a>(&'a self, visitor: &'a Visitor, form: &'a NamesForm) -> IdentityFuture<'a, ()>;

    /// Changes the visitor's password and ends their other sessions. Returns the new token of this session: its earlier one has ended.
    fn change_password<'a>(&'a self, visitor: &'a Visitor, form: &'a PasswordForm) -> IdentityFuture<'a, Token>;

    /// Deletes the visitor's account, their sessions, and the organizations that have nobody else.
    fn delete<'a>(&'a self, visitor: &'a Visitor, form: &'a DeletionForm) -> IdentityFuture<'a, ()>;

    /// Has a mail sent with a code, if there is an account with that address. The answer and the work are the same if there is none.
    /// Where visitors have no password here, that is not possible.
    fn forgot_password<'a>(&'a self, _forgotten: ForgottenPassword<'a>) -> IdentityFuture<'a, ()> {
        Box::pin(async { Err(IdentityError::ManagedElsewhere) })
    }

    /// Replaces the password of the visitor who has got that code by mail, ends their sessions, and begins one. A mail tells them, with
    /// the page where a forgotten password is replaced.
    fn reset_password<'a>(&'a self, _form: &'a ResetForm, _client: &'a Client, _page: &'a str) -> IdentityFuture<'a, PasswordReset> {
        Box::pin(async { Err(IdentityError::ManagedElsewhere) })
    }
}
