//! The list of an admin's instances: searched, filtered, in pages. Its address is its state. It stays fast with 100,000 instances.

mod by_slug;
mod filter;
mod problems;
mod store;
#[cfg(test)]
mod tests;
pub mod view;

pub use by_slug::{BySlug, read_by_slug};
pub use filter::{ListFilter, Shown};
pub use store::{Count, Counts, ListedInstance, MAX_COUNTED, PAGE_SIZE, Recent, find_listed, read_counts, read_page, recent};
