//! The Redirects tab: the fallback redirects of an instance.

pub mod api;
mod checked;
pub mod editor;
pub mod form;
#[cfg(feature = "ssr")]
pub mod offer;
#[cfg(feature = "ssr")]
pub mod origin_change;
#[cfg(feature = "ssr")]
pub mod proposal;
#[cfg(feature = "ssr")]
pub mod skipped;
pub mod start;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod store_tests;
pub mod verdict;
#[cfg(feature = "ssr")]
pub mod view;
