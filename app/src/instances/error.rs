//! Why a change was not stored: constraints of the database become errors of fields here, and nowhere else.

use super::store::StoredInstance;
use crate::{error::AppError, redirects::DomainError, ui::form::FieldError};

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
    /// Somebody saved in between; this is what is stored now.
    #[error("saved by somebody else in between")]
    Conflict(Box<StoredInstance>),
    /// Fields are wrong.
    #[error("fields are wrong")]
    Fields(Vec<FieldError>),
    /// PostgreSQL, or the way to it.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A stored instance is no longer one by today's rules.
    #[error("the stored instance {slug} is no longer valid: {message}")]
    Invalid {
        /// The instance.
        slug: String,
        /// The first thing that is wrong with it.
        message: String,
    },
}

impl StoreError {
    /// What the browser may know; the cause goes to the log.
    pub fn to_app_error(&self) -> AppError {
        match self {
            Self::NotFound => AppError::NotFound,
            Self::Forbidden => AppError::Forbidden,
            Self::Archived => AppError::Archived,
            Self::Fields(_) | Self::Conflict(_) => AppError::BadRequest,
            Self::Database(_) => AppError::Unavailable,
            Self::Invalid { .. } => AppError::Invalid,
        }
    }
}

/// A constraint of the database as a field's error, by its name.
pub(super) fn on_constraint(error: sqlx::Error) -> StoreError {
    let field = match error.as_database_error().and_then(|error| error.constraint()) {
        Some("instances_slug_key") => FieldError::new("slug", "Another instance has this slug. Choose another."),
        Some("instances_portal_origin_key" | "instances_portal_host_key") => {
            FieldError::new("portal_origin", "Another instance has this portal origin. Each portal needs its own host name.")
        }
        Some("instances_domain_typed_check") => FieldError::new("domain", DomainError::TooLong),
        _ => return StoreError::Database(error),
    };
    StoreError::Fields(vec![field])
}
