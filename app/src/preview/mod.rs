//! The Preview tab: where any link would end, and why, step by step.

#[cfg(feature = "ssr")]
pub mod ways;
