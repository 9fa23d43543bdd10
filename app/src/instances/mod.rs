//! An admin's instances: listed, created, edited.

#[cfg(feature = "ssr")]
pub mod archive;
#[cfg(feature = "ssr")]
pub mod archive_view;
pub mod editor;
#[cfg(feature = "ssr")]
mod error;
pub mod form;
#[cfg(feature = "ssr")]
pub mod portal_pages;
#[cfg(feature = "ssr")]
pub(crate) mod portal_pages_view;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod store_tests;
#[cfg(feature = "ssr")]
mod stored;
#[cfg(feature = "ssr")]
pub mod view;
