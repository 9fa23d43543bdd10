//! What every screen is made of: the frame, fields, banners, copy buttons.

pub mod copy_button;
pub mod correction;
pub mod fetched_page;
#[cfg(feature = "ssr")]
pub mod field;
pub mod form;
pub mod icon;
#[cfg(feature = "ssr")]
pub mod local_times;
#[cfg(feature = "ssr")]
pub(crate) mod qr_code;
#[cfg(feature = "ssr")]
pub(crate) mod spreadsheet;
#[cfg(feature = "ssr")]
pub mod text;
