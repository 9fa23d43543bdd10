//! What saving a form has in common: three-way merges, outcomes, the page of a conflict.

#[cfg(feature = "ssr")]
pub mod choices;
#[cfg(feature = "ssr")]
pub mod merge;
#[cfg(feature = "ssr")]
pub mod saved_instances;
