//! An admin's instances: listed, created, edited.

pub mod api;
#[cfg(feature = "ssr")]
pub mod archive;
#[cfg(feature = "ssr")]
pub mod confirmed_email;
pub mod editor;
#[cfg(feature = "ssr")]
pub mod filled_in;
pub mod form;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod form_tests;
#[cfg(feature = "ssr")]
mod form_view;
#[cfg(feature = "ssr")]
mod impact;
#[cfg(feature = "ssr")]
pub mod list;
#[cfg(feature = "ssr")]
mod origin_rows;
pub mod portal_pages;
#[cfg(feature = "ssr")]
pub mod save;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod store_tests;
#[cfg(feature = "ssr")]
pub mod stored;
pub mod switcher_keys;
#[cfg(feature = "ssr")]
mod values_view;
#[cfg(feature = "ssr")]
pub mod view;
