//! Sign-ups and sign-ins of an instance that requires a confirmed email address. They wait on the server for the code of a mail, bound to
//! one browser: only with that code, typed there, is the account created and does the session begin.
//!
//! Whether a sign-up has the address of an account is looked up when its mail is sent. So the answer and the work are the same.

mod store;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use sqlx::{PgConnection, PgPool};

use super::{
    accounts::{
        Identifiers, Names,
        codes::confirm_email,
        lock_row,
        store::{accounts, sessions},
    },
    codes::wrong_code,
    identity::IdentityError,
    quotas::{self, Quota},
};
use crate::{
    credentials::{client::Client, code::Code, email::Email, token::Token},
    database::{begin as begin_transaction, timed},
    mail::{
        MailKind,
        store::{self as outbox, NewMail},
    },
};

/// Who wants a session, and confirms an email address first. Personal data: not for logs.
#[derive(Clone)]
pub struct Unconfirmed {
    /// The key of the account that is signed in to; `None` for a sign-up.
    pub(super) visitor: Option<i64>,
    pub(super) email: Email,
    /// The other identifiers of a new account.
    pub(super) phone_number: Option<String>,
    pub(super) username: Option<String>,
    pub(super) names: Names,
    /// The account's password, or that of the new one.
    pub(super) password_hash: String,
}

impl Unconfirmed {
    /// The address that is to be confirmed.
    pub fn email_address(&self) -> &str {
        self.email.as_str()
    }
}

/// How a sign-in goes on.
pub enum SignIn {
    /// The address is confirmed, or the account has none. A session has begun; this is its token.
    Begun(Token),
    /// The address is to be confirmed first.
    Unconfirmed(Unconfirmed),
}

/// Where a sign-up or sign-in waits.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The token of the browser.
    pub browser: &'a Token,
    /// The token of what has waited in this browser before.
    pub earlier: Option<&'a Token>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The parameters of the visitor's link, as a query string.
    pub link: &'a str,
    /// The absolute URL of the page that takes the code.
    pub page: &'a str,
}

/// What waits in a browser. Personal data: not for logs.
#[derive(Clone)]
pub struct Pending {
    pub(super) id: i64,
    /// The address that is to be confirmed.
    pub email_address: String,
    /// The parameters of the visitor's link, as a query string.
    pub link: String,
}

/// A session that has begun.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// Its token.
    pub token: Token,
    /// Whether the account is new.
    pub is_new: bool,
}

/// Whom a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeFor {
    /// Somebody who signs up.
    SignUp,
    /// Somebody who signs in.
    SignIn,
    /// Nobody gets one: the sign-up has the address of an account.
    Nobody,
}

/// Stores a sign-up or sign-in that waits, in the place of what has waited in this browser before, and has its mail sent.
///
/// # Errors
/// Too much was stored today, the outbox has no room, or the database does not answer.
pub async fn begin(pool: &PgPool, instance: i64, person: &Unconfirmed, place: Place<'_>) -> Result<(), IdentityError> {
    let mut transaction = begin_transaction(pool).await?;
    if let Some(earlier) = place.earlier {
        store::delete(&mut transaction, instance, earlier).await?;
    }
    let pending = store::insert(&mut transaction, instance, person, place).await?;
    add_mail(&mut transaction, instance, &person.email, place.page, pending).await?;
    if person.visitor.is_none() {
        quotas::take(&mut transaction, instance, Quota::Account, place.address).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// What waits in the browser with that token; `None` if nothing does, or it has waited for too long.
///
/// # Errors
/// The database does not answer.
pub async fn pending(pool: &PgPool, instance: i64, browser: &Token) -> Result<Option<Pending>, IdentityError> {
    Ok(store::find(timed(pool), instance, browser).await?)
}

/// Has another mail sent. Codes of earlier ones still count: their mails may arrive as well.
///
/// # Errors
/// The outbox has no room, or the database does not answer.
pub async fn ask_again(pool: &PgPool, instance: i64, pending: &Pending, page: &str) -> Result<(), IdentityError> {
    let email: Email = pending.email_address.parse().map_err(|_| IdentityError::Unavailable)?;
    let mut transaction = begin_transaction(pool).await?;
    add_mail(&mut transaction, instance, &email, page, pending.id).await?;
    transaction.commit().await?;
    Ok(())
}

async fn add_mail(connection: &mut PgConnection, instance: i64, email: &Email, page: &str, pending: i64) -> Result<(), IdentityError> {
    let mail = NewMail { pending: Some(pending), ..NewMail::to_visitor(MailKind::PendingConfirmation, instance, email, page) };
    if outbox::add(connection, mail).await? { Ok(()) } else { Err(IdentityError::Unavailable) }
}

/// Stores the code of a mail that is being sent, and returns whom it is for; `None` if nothing waits for it any more.
pub(crate) async fn store_code(connection: &mut PgConnection, instance: i64, pending: i64, code: &Code) -> sqlx::Result<Option<CodeFor>> {
    let Some(purpose) = store::code_for(connection, instance, pending).await? else { return Ok(None) };
    if purpose != CodeFor::Nobody {
        store::add_code(connection, pending, code).await?;
    }
    Ok(Some(purpose))
}

/// Confirms the address with the code of a mail, creates the account of a sign-up, and begins the session.
///
/// # Errors
/// The code does not count in this browser, the account has another password or address now, somebody else has taken an identifier, or
/// the database does not answer.
pub async fn finish(pool: &PgPool, instance: i64, browser: &Token, typed: &str, client: &Client) -> Result<Confirmed, IdentityError> {
    let code = Code::parse(typed).ok_or_else(wrong_code)?;
    let token = Token::new()?;
    let mut transaction = begin_transaction(pool).await?;
    // Of two requests at once, only one gets it.
    let person = store::take(&mut transaction, instance, browser, &code).await?.ok_or_else(wrong_code)?;
    let email = person.email.as_str().to_owned();
    let (visitor, is_new) = match person.visitor {
        Some(visitor) => {
            if lock_row(&mut transaction, instance, visitor).await? != Some(person.password_hash) {
                return Err(IdentityError::field("", "The password of your account was changed in the meantime. Sign in again."));
            }
            if !store::has_address(&mut transaction, visitor, &email).await? {
                return Err(wrong_code());
            }
            (visitor, false)
        }
        None => (create(&mut transaction, instance, person).await?, true),
    };
    confirm_email(&mut transaction, visitor, &email).await?;
    sessions::begin(&mut transaction, visitor, &token, client).await?;
    transaction.commit().await?;
    Ok(Confirmed { token, is_new })
}

async fn create(connection: &mut PgConnection, instance: i64, person: Unconfirmed) -> Result<i64, IdentityError> {
    let identifiers = Identifiers {
        email_address: Some(person.email),
        // They were parsed when they were stored.
        phone_number: person.phone_number.and_then(|number| number.parse().ok()),
        username: person.username.and_then(|name| name.parse().ok()),
    };
    if let Some(visitor) = accounts::create(connection, instance, &identifiers, &person.names, &person.password_hash).await? {
        return Ok(visitor);
    }
    let found = accounts::find(connection, instance, &identifiers).await?;
    let has_email = found.iter().any(|account| account.email_address() == identifiers.email_address());
    Err(IdentityError::field(
        "",
        if has_email {
            "An account with this address was created in the meantime. Sign in to that one."
        } else {
            "Somebody has taken your username or phone number in the meantime. Sign up again with another one."
        },
    ))
}
