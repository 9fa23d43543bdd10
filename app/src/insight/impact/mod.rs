//! The impact of a change: how many of the counted visits would end elsewhere, said before it is saved and recorded with it.
//!
//! `between.rs` resolves the counted shapes under the stored and the proposed settings, `store.rs` reads the shapes, `measure.rs` does
//! both within a time limit, `confirm.rs` says when saving asks first, `view.rs` shows it, and `ended.rs` counts the visits of each field.

pub mod between;
pub mod confirm;
pub mod ended;
pub mod live;
pub mod measure;
pub mod store;
pub mod view;

#[cfg(test)]
mod store_tests;
#[cfg(test)]
mod tests;

pub use between::{Impact, Rules};
pub use confirm::Figure;
pub use measure::{Measured, measure};
