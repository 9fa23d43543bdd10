//! What needs somebody in an instance, as the list says it in one line.

use std::collections::HashMap;

use sqlx::PgPool;

use crate::{
    database::StoreError,
    instances::{store, stored::StoredInstance},
    overview::count_skipped,
};

/// A line about an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// What it is.
    pub(super) text: String,
    /// Whether visitors may end elsewhere than somebody wanted.
    pub(super) is_serious: bool,
}

/// The problems of the instances with these keys. Most have none.
///
/// # Errors
/// The query fails.
pub(super) async fn problems(pool: &PgPool, ids: &[i64]) -> Result<HashMap<i64, Problem>, StoreError> {
    let found = store::find_all(pool, ids).await?;
    Ok(found.into_iter().filter_map(|(id, stored)| Some((id, problem(stored.as_ref().ok())?))).collect())
}

fn problem(stored: Option<&StoredInstance>) -> Option<Problem> {
    let Some(stored) = stored else {
        return Some(Problem { text: "Its domain breaks a rule".to_owned(), is_serious: true });
    };
    match count_skipped(stored) {
        0 if stored.portal_enabled => None,
        0 => Some(Problem { text: "Portal pages off".to_owned(), is_serious: false }),
        1 => Some(Problem { text: "1 value skipped".to_owned(), is_serious: true }),
        count => Some(Problem { text: format!("{count} values skipped"), is_serious: true }),
    }
}
