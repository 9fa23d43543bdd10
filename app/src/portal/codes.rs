//! Codes that are sent to visitors by mail: to choose a new password. Each counts once, and ends after a time.

use sqlx::{PgConnection, PgPool};

use super::accounts::codes as queries;
use crate::{credentials::code::Code, database::timed};

/// For how many hours a code counts that lets a visitor choose a new password.
pub const RESET_HOURS: i32 = 1;

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To choose a new password.
    Reset,
}

impl Purpose {
    /// The name in the database.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
        }
    }

    pub(super) fn hours(self) -> i32 {
        match self {
            Self::Reset => RESET_HOURS,
        }
    }
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
