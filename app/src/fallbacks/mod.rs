//! The Redirects tab: the fallback redirects of an instance.

pub mod api;
pub mod editor;
pub mod form;
#[cfg(feature = "ssr")]
pub mod store;
pub mod verdict;
#[cfg(feature = "ssr")]
pub mod view;
