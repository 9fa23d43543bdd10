//! What goes wrong behind the portal's pages: pages are told that it does, and the log why, without anybody's data.

use super::identity::IdentityError;
use crate::{credentials::password::HashError, ui::form::FieldError};

impl IdentityError {
    /// The error of one field; of the form as a whole where the name is empty.
    pub fn field(name: &str, message: impl ToString) -> Self {
        Self::Fields(vec![FieldError::new(name, message)])
    }

    /// The visitor is not there any more, though they were when the page was asked for.
    pub(super) fn gone() -> Self {
        Self::field("", "You are signed out. Sign in, then send it again.")
    }
}

impl From<sqlx::Error> for IdentityError {
    fn from(error: sqlx::Error) -> Self {
        tracing::warn!(error = told(&error), "the database can't be asked about visitors");
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
        tracing::warn!(%error, "the system gives no random bytes");
        Self::Unavailable
    }
}

/// What a log may hold of an error: PostgreSQL's own words may quote a row.
fn told(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            error.constraint().map_or_else(|| format!("PostgreSQL says {code}"), |name| format!("PostgreSQL says {code}, by {name}"))
        }
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;

    #[sqlx::test(migrations = "../migrations")]
    async fn a_log_names_the_rule_that_was_broken_and_not_who_broke_it(pool: PgPool) {
        let insert = "insert into waitlist_entries (instance_id, email_address) values (1, 'ana@myapp.com')";
        let refused = sqlx::query(insert).execute(&pool).await.unwrap_err();
        assert_eq!(told(&refused), "PostgreSQL says 23503, by waitlist_entries_instance_fkey");
        let refused = sqlx::query("select 'ana@myapp.com'::bigint").execute(&pool).await.unwrap_err();
        assert!(refused.to_string().contains("ana@myapp.com"));
        assert_eq!(told(&refused), "PostgreSQL says 22P02");
    }
}
