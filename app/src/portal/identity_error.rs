//! What can go wrong with a visitor's sign-in or account. The visitor sees that it did; the log says why, without personal data.

use crate::{credentials::password::HashError, database::log_failure_as, ui::form::FieldError};

/// Why a visitor was not signed in, or nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Fields are wrong. A field named `""` stands for the form as a whole.
    #[error("fields are wrong")]
    Fields(Vec<FieldError>),
    /// The identity provider manages this, so it can't be changed here: names or a password.
    #[error("the identity provider manages this")]
    ManagedElsewhere,
    /// Too much was stored today from the visitor's network, or in the instance. After this many seconds a new day begins.
    #[error("too much was stored today")]
    QuotaUsed(i64),
    /// The database or the identity provider does not answer. The cause is logged where it happens.
    #[error("visitors can't be looked up right now")]
    Unavailable,
}

impl IdentityError {
    /// The error of one field, or of the form as a whole where the name is empty.
    pub fn field(name: &str, message: impl ToString) -> Self {
        Self::Fields(vec![FieldError::new(name, message)])
    }

    /// The visitor was signed in when the page was loaded, and no longer is.
    pub(super) fn signed_out() -> Self {
        Self::field("", "You are signed out. Sign in, then send it again.")
    }
}

impl From<sqlx::Error> for IdentityError {
    fn from(error: sqlx::Error) -> Self {
        log_failure_as(&error, &without_data(&error), "a query about visitors failed");
        Self::Unavailable
    }
}

impl From<HashError> for IdentityError {
    fn from(error: HashError) -> Self {
        tracing::warn!(%error, "a visitor's password could not be hashed or compared");
        Self::Unavailable
    }
}

impl From<getrandom::Error> for IdentityError {
    fn from(error: getrandom::Error) -> Self {
        tracing::warn!(%error, "the system returned no random bytes");
        Self::Unavailable
    }
}

/// The part of an error that may be logged: PostgreSQL's own message may quote a row.
pub(super) fn without_data(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            error
                .constraint()
                .map_or_else(|| format!("PostgreSQL error {code}"), |name| format!("PostgreSQL error {code}, constraint {name}"))
        }
        error => error.to_string(),
    }
}
