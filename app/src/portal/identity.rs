//! The seam between the portal's flows and how a visitor is recognised: accounts with a password today, an `OpenID` Connect
//! provider next. What is here says nothing of either.

use std::{fmt, future::Future, pin::Pin, str::FromStr};

use time::OffsetDateTime;
use url::Url;

use super::form::{NamesForm, PasswordForm, SignInForm, SignUpForm};
use crate::{admins::Token, credentials::client::Client, ui::form::FieldError};

/// How an instance's visitors are recognised, by the names that the database has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdentityKind {
    /// By accounts of the instance, each with a password.
    #[default]
    Accounts,
}

impl IdentityKind {
    /// Every kind.
    pub const ALL: [Self; 1] = [Self::Accounts];

    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
        }
    }
}

/// A name that no kind of identity has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of identity")]
pub struct UnknownIdentity;

impl FromStr for IdentityKind {
    type Err = UnknownIdentity;

    fn from_str(name: &str) -> Result<Self, UnknownIdentity> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(UnknownIdentity)
    }
}

/// Somebody whom the portal recognises. Personal: not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Visitor {
    /// The key, by which organizations know them.
    pub id: i64,
    /// The session's key.
    pub session: i64,
    /// `email_address`
    pub email_address: Option<String>,
    /// `phone_number`
    pub phone_number: Option<String>,
    /// `username`
    pub username: Option<String>,
    /// `first_name`, empty where there is none.
    pub first_name: String,
    /// `last_name`, empty where there is none.
    pub last_name: String,
}

impl Visitor {
    /// What they are called by: what identifies them, the address first.
    pub fn called(&self) -> &str {
        [&self.email_address, &self.username, &self.phone_number].into_iter().flatten().next().map_or("", String::as_str)
    }
}

/// A log must not hold who it is.
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
    /// What the browser calls itself.
    pub browser: String,
}

/// A visitor is recognised: now, or after a page of somebody else.
#[derive(Clone, Debug)]
pub enum Recognised {
    /// A session has begun; this is its token, for the cookie.
    Now(Token),
    /// The visitor is to be sent to this page of the provider first.
    Elsewhere(Url),
}

/// Why somebody was not recognised, or nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Fields are wrong. A field of the name `""` is the form as a whole.
    #[error("fields are wrong")]
    Fields(Vec<FieldError>),
    /// This kind of identity does not have that: names or a password that are kept elsewhere.
    #[error("that is kept elsewhere")]
    NotHere,
    /// Whoever recognises visitors does not answer; the cause is logged where it happens.
    #[error("visitors can't be recognised right now")]
    Unavailable,
}

/// What is answered later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, IdentityError>> + Send + 'a>>;

/// Recognises the visitors of one instance.
pub trait Identity: Send + Sync {
    /// Whom the session of that token belongs to; `None` where it has ended, never was, or is another instance's.
    fn visitor<'a>(&'a self, token: &'a Token) -> Later<'a, Option<Visitor>>;

    /// Signs somebody in. Wrong and unknown have the same words, and take the same time.
    fn sign_in<'a>(&'a self, form: &'a SignInForm, client: &'a Client) -> Later<'a, Recognised>;

    /// Makes somebody known and signs them in.
    fn sign_up<'a>(&'a self, form: &'a SignUpForm, client: &'a Client) -> Later<'a, Recognised>;

    /// Ends the visitor's own session.
    fn sign_out<'a>(&'a self, visitor: &'a Visitor) -> Later<'a, ()>;

    /// The visitor's sessions, the one used last first.
    fn sessions<'a>(&'a self, visitor: &'a Visitor) -> Later<'a, Vec<OwnSession>>;

    /// Ends one of the visitor's sessions; nothing happens where it is none of theirs.
    fn end_session<'a>(&'a self, visitor: &'a Visitor, session: i64) -> Later<'a, ()>;

    /// Ends all of the visitor's sessions but the one they ask from.
    fn end_other_sessions<'a>(&'a self, visitor: &'a Visitor) -> Later<'a, ()>;

    /// Changes the visitor's names.
    fn rename<'a>(&'a self, visitor: &'a Visitor, form: &'a NamesForm) -> Later<'a, ()>;

    /// Changes the visitor's password and ends their other sessions.
    fn change_password<'a>(&'a self, visitor: &'a Visitor, form: &'a PasswordForm) -> Later<'a, ()>;
}
