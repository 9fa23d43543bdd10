//! Counted visits in PostgreSQL.

mod batch;
mod compact;

pub use batch::{Count, MAX_SHAPES, add};
pub use compact::compact;

#[cfg(test)]
mod tests;
