//! The history in PostgreSQL: changes are recorded and read. They are never updated or deleted. Failed sign-ins are counted beside them.

mod changes;
pub mod failed_sign_ins;
pub mod last;
pub mod record;
#[cfg(test)]
mod tests;
mod versions;

pub use changes::{Attempts, Change, ChangesPage, PAGE_SIZE, Scope, is_longer_than, read_page};
pub use versions::{change_at, fallbacks_at, newest_change, version};
