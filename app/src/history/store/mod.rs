//! The history in PostgreSQL: changes are recorded and read. They are never updated or deleted. Failed sign-ins are counted beside them.

mod changes;
pub mod failed_sign_ins;
pub mod last;
mod page;
pub mod record;
#[cfg(test)]
mod tests;
mod versions;

pub use changes::{Attempts, Change, ChangesPage, PAGE_SIZE, Scope};
pub use page::{MAX_PAGE_SIZE, read_page, with_keys};
pub use versions::{change_at, fallbacks_at, newest_change, version};
