//! The Preview tab: where a link leads, and why, step by step.

pub mod api;
pub mod editor;
#[cfg(feature = "ssr")]
mod fields;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
mod generated_link;
#[cfg(feature = "ssr")]
pub(crate) mod highlight;
#[cfg(feature = "ssr")]
mod sections;
#[cfg(feature = "ssr")]
mod steps;
#[cfg(feature = "ssr")]
pub mod tabs;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests;
#[cfg(feature = "ssr")]
mod unsaved;
#[cfg(feature = "ssr")]
pub mod view;
