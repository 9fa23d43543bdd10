//! An admin's instances: listed, created, edited.

pub mod editor;
pub mod form;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod view;
