//! The Visitors page: how many visitors an instance has, one of them, and the waitlist. Nobody gets a list of visitors here.

pub mod export;
pub mod form;
pub mod store;
#[cfg(test)]
mod tests;
pub mod view;

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::{portal::identifier::Identifier, ui::form::FieldError};
use store::FoundVisitor;

/// What somebody searched for, and what there is.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// What was typed.
    pub typed: String,
    /// Why it can't be searched for.
    pub errors: Vec<FieldError>,
    /// The visitor who signs in with it.
    pub visitor: Option<FoundVisitor>,
    /// The email address on the waitlist, and since when it is there.
    pub waiting: Option<(String, OffsetDateTime)>,
}

/// Searches for a visitor by the whole email address, phone number or username.
///
/// # Errors
/// The query fails.
pub async fn search(pool: &PgPool, instance: i64, typed: &str) -> sqlx::Result<Search> {
    let mut search = Search { typed: typed.to_owned(), ..Search::default() };
    match Identifier::parse_to_sign_in(typed) {
        Ok(identifier) => {
            search.visitor = store::find(pool, instance, identifier.as_str()).await?;
            if let Identifier::Email(email) = &identifier {
                let since = store::waiting_since(pool, instance, email.as_str()).await?;
                search.waiting = since.map(|since| (email.to_string(), since));
            }
        }
        Err(_) => search.errors.push(FieldError::new("find", "Type a whole email address, phone number or username.")),
    }
    Ok(search)
}
