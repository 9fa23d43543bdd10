//! The Activity tab: visits by what decided where they ended, and what was refused.
//!
//! `store/` reads the counts, `counts.rs` and `refused.rs` add them up, `chart.rs` draws them, `allow.rs` says what an origin would change,
//! and `view/` shows it all.

pub mod allow;
pub mod chart;
pub mod commands;
pub mod counts;
pub mod export;
pub mod form;
pub mod look_alike;
pub mod refused;
pub mod save;
pub mod store;
#[cfg(test)]
mod tests;
pub mod view;
