//! Codes that are sent to visitors by mail: to choose a new password, and to confirm an email address. Each counts once, and ends after a
//! time. And the mail that tells a visitor that their password was changed.

use sqlx::{PgConnection, PgPool};
use strum::EnumCount;

use super::{
    accounts::{codes as queries, lock_row},
    identity::{IdentityError, Visitor},
};
use crate::{
    credentials::{code::Code, email::Email},
    database::{begin, timed},
    mail::{
        MailKind,
        store::{self as outbox, NewMail},
    },
};

/// For how many hours a code counts that lets a visitor choose a new password.
pub const RESET_HOURS: i32 = 1;

/// For how many hours a code counts that confirms an email address.
pub const CONFIRMATION_HOURS: i32 = 24;

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount)]
pub enum Purpose {
    /// To choose a new password.
    Reset,
    /// To confirm an email address.
    Confirmation,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; Self::COUNT] = [Self::Reset, Self::Confirmation];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Confirmation => "confirmation",
        }
    }

    pub(super) fn hours(self) -> i32 {
        match self {
            Self::Reset => RESET_HOURS,
            Self::Confirmation => CONFIRMATION_HOURS,
        }
    }
}

/// The error for a code that does not count, whatever the reason.
pub(super) fn wrong_code() -> IdentityError {
    IdentityError::field("code", "This code is wrong, was already used, or has expired. Check it, or ask for a new mail.")
}

/// Stores the hash of a code that is sent to a visitor.
///
/// # Errors
/// The query fails.
pub(crate) async fn store(connection: &mut PgConnection, visitor: i64, purpose: Purpose, email: &str, code: &Code) -> sqlx::Result<()> {
    queries::insert(connection, visitor, purpose, email, code).await
}

/// Whether a code of an instance's visitor counts. It is not used up.
///
/// # Errors
/// The query fails.
pub async fn counts(pool: &PgPool, instance: i64, purpose: Purpose, code: &Code) -> sqlx::Result<bool> {
    Ok(queries::find(timed(pool), instance, purpose, code).await?.is_some())
}

/// Whether a visitor's email address is confirmed.
///
/// # Errors
/// The database does not answer.
pub async fn is_confirmed(pool: &PgPool, visitor: &Visitor) -> Result<bool, IdentityError> {
    Ok(queries::is_confirmed(timed(pool), visitor.id).await?)
}

/// Has a mail sent to a visitor's own address, with a code that confirms it. `page` is the absolute URL of the page that takes the code.
///
/// # Errors
/// The visitor has no address, or the database does not answer or has no room.
pub async fn ask_to_confirm(pool: &PgPool, instance: i64, visitor: &Visitor, page: &str) -> Result<(), IdentityError> {
    add(pool, MailKind::VisitorConfirmation, instance, visitor, page).await
}

/// Has a mail sent that tells a visitor that their password was changed. `page` is the absolute URL where a forgotten one is replaced.
///
/// # Errors
/// The visitor has no address, or the database does not answer or has no room.
pub async fn tell_password_changed(pool: &PgPool, instance: i64, visitor: &Visitor, page: &str) -> Result<(), IdentityError> {
    add(pool, MailKind::VisitorPasswordChanged, instance, visitor, page).await
}

async fn add(pool: &PgPool, kind: MailKind, instance: i64, visitor: &Visitor, page: &str) -> Result<(), IdentityError> {
    let Some(Ok(email)) = visitor.email_address.as_deref().map(str::parse::<Email>) else {
        return Err(IdentityError::field("", "Your account has no email address."));
    };
    let mut transaction = begin(pool).await?;
    let is_added = outbox::add(&mut transaction, NewMail::to_visitor(kind, instance, &email, page)).await?;
    transaction.commit().await?;
    if is_added { Ok(()) } else { Err(IdentityError::Unavailable) }
}

/// Confirms a visitor's email address with a code. Only the visitor's own session may do that: somebody who gets a mail about an account
/// that a stranger has made with their address can't confirm it by mistake.
///
/// # Errors
/// The code does not count, or the database does not answer.
pub async fn confirm(pool: &PgPool, instance: i64, visitor: &Visitor, typed: &str) -> Result<(), IdentityError> {
    let code = Code::parse(typed).ok_or_else(wrong_code)?;
    let owner = queries::find(timed(pool), instance, Purpose::Confirmation, &code).await?.ok_or_else(wrong_code)?;
    if owner.visitor != visitor.id {
        return Err(wrong_code());
    }
    let mut transaction = begin(pool).await?;
    lock_row(&mut transaction, instance, visitor.id).await?.ok_or_else(wrong_code)?;
    if !queries::use_up(&mut transaction, visitor.id, Purpose::Confirmation, &code).await? {
        return Err(wrong_code());
    }
    queries::confirm_email(&mut transaction, visitor.id, &owner.sent_to).await?;
    transaction.commit().await?;
    Ok(())
}
