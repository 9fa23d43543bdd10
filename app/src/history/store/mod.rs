//! The history in PostgreSQL: changes are recorded and read. They are never updated or deleted.

mod changes;
pub mod last;
pub mod record;
#[cfg(test)]
mod tests;
mod versions;

pub use changes::{Change, ChangesPage, PAGE_SIZE, Scope, is_longer_than, read_page};
pub use versions::{change_at, fallbacks_at, version};
