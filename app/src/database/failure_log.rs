//! Log lines about queries that failed: one at once, and then one a minute for each kind that says how often. In an outage every
//! request fails, and they are all one kind.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::sampled::Sampled;

/// A kind of failure: what failed, and PostgreSQL's code for why. Both are empty for a database that can't be reached.
type Kind = (&'static str, Cow<'static, str>);

/// The kinds that there were. There are only as many as the code has of the first, and PostgreSQL of the second.
static KINDS: Mutex<BTreeMap<Kind, Arc<Sampled>>> = Mutex::new(BTreeMap::new());

/// Logs that a query failed, and what failed by that, as in "a session could not be looked up".
pub fn log_failure(error: &sqlx::Error, what: &'static str) {
    log_failure_as(error, &error.to_string(), what);
}

/// Logs that a query failed, with another text for the error.
pub fn log_failure_as(error: &sqlx::Error, text: &str, what: &'static str) {
    let is_outage = is_outage(error);
    let kind = if is_outage { ("", Cow::Borrowed("")) } else { (what, code(error)) };
    // No panic can leave it half changed.
    let sampled = Arc::clone(KINDS.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_insert_with(|| Arc::new(Sampled::new())));
    sampled.note(|times| {
        if is_outage {
            tracing::warn!(error = text, times, "the database does not answer, so {what}");
        } else {
            tracing::warn!(error = text, times, "{what}");
        }
    });
}

/// Whether the database can't be reached or takes no work, and may do so later without anybody's help.
pub fn is_outage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // No connection (08), too few resources (53), starting or stopping (57P), or a standby that takes no writes (25006).
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["08", "53", "57P"].iter().any(|class| code.starts_with(class)) || code == "25006")
        }
        _ => false,
    }
}

fn code(error: &sqlx::Error) -> Cow<'static, str> {
    match error {
        sqlx::Error::Database(error) => error.code().unwrap_or_default().into_owned().into(),
        _ => Cow::Borrowed(""),
    }
}
