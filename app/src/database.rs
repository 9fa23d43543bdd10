//! What the stores have in common: why a change is not stored, and the row locks that several of them take.

mod failure_log;
mod timed;

use sqlx::{PgConnection, PgTransaction};

use crate::{
    api_tokens,
    error::AppError,
    history::Actor,
    instances::stored::StoredInstance,
    members::{self, role::Role},
    redirects::is_slug,
    ui::form::FieldError,
};

pub use failure_log::{is_outage, log_failure, log_failure_as};
pub use timed::{Timed, TimedOn, begin, begin_briefly, begin_in_background, begin_on, in_background, in_background_on, timed, timed_on};

/// Why a change was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such instance.
    #[error("no such instance")]
    NotFound,
    /// It is archived: nothing of it changes until it is restored.
    #[error("the instance is archived")]
    Archived,
    /// The actor's role does not allow it.
    #[error("the role does not allow it")]
    Forbidden,
    /// Somebody saved since the form was filled. This is what is stored now.
    #[error("saved by somebody else in between")]
    Conflict(Box<StoredInstance>),
    /// Fields are wrong.
    #[error("fields are wrong")]
    Fields(Vec<FieldError>),
    /// PostgreSQL, or the way to it.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A stored instance breaks today's rules.
    #[error("the stored instance {slug} is no longer valid: {message}")]
    Invalid {
        /// The instance.
        slug: String,
        /// The first thing that is wrong with it.
        message: String,
    },
}

/// The error of a query for which the system gives no random bytes.
pub(crate) fn no_random_bytes(error: getrandom::Error) -> sqlx::Error {
    sqlx::Error::Io(error.into())
}

impl From<getrandom::Error> for StoreError {
    fn from(error: getrandom::Error) -> Self {
        no_random_bytes(error).into()
    }
}

impl StoreError {
    /// What the browser may know. The cause goes to the log.
    pub fn into_app_error(self) -> AppError {
        match self {
            Self::NotFound => AppError::NotFound,
            Self::Forbidden => AppError::Forbidden,
            Self::Archived => AppError::Archived,
            Self::Fields(_) | Self::Conflict(_) => AppError::BadRequest,
            Self::Database(error) => {
                log_failure(&error, "a query failed");
                AppError::Unavailable
            }
            Self::Invalid { .. } => {
                tracing::warn!(error = %self, "a stored instance can't be read");
                AppError::Invalid
            }
        }
    }
}

/// Locks an instance for the rest of the transaction, whatever its version, and returns its key. Members are changed under the same
/// lock, so the actor keeps their role until the end.
///
/// # Errors
/// Not found, archived, the actor's role does not allow it, or PostgreSQL.
pub async fn lock_row(transaction: &mut PgTransaction<'_>, actor: &Actor, slug: &str, least: Role) -> Result<i64, StoreError> {
    if !is_slug(slug) {
        return Err(StoreError::NotFound);
    }
    let row = sqlx::query!("select id, archived_at from instances where slug = $1 for no key update", slug)
        .fetch_optional(&mut **transaction)
        .await?
        .ok_or(StoreError::NotFound)?;
    check_role(transaction, actor, row.id, least).await?;
    if row.archived_at.is_some() { Err(StoreError::Archived) } else { Ok(row.id) }
}

/// Checks the actor's role in an instance whose row is locked. The guard has asked before, and somebody may have changed it since.
/// The server and the command line need none. A token that a program acts with must still count.
///
/// # Errors
/// They are not a member any more, their role does not allow it, their token does not count any more, or PostgreSQL.
pub(crate) async fn check_role(connection: &mut PgConnection, actor: &Actor, instance: i64, least: Role) -> Result<(), StoreError> {
    let Some(admin) = actor.admin else { return Ok(()) };
    if let Some(token) = &actor.token {
        api_tokens::store::check(connection, token, Some(instance)).await?;
    }
    let role = members::store::membership::role_of(connection, instance, admin).await?.ok_or(StoreError::NotFound)?;
    if role >= least { Ok(()) } else { Err(StoreError::Forbidden) }
}
