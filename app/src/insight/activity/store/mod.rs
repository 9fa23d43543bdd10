//! Activity in PostgreSQL: the counts that it shows, and what editors do there.

mod change;
mod counts;
mod refused;

pub use change::{AllowError, change_origin, dismiss, set_counting};
pub use counts::{has_any, read_counts, saved_versions};
pub use refused::{MAX_EXPORTED, RefusedPage, RefusedQuery, first_seen, read_refused};
