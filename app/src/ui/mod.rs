//! What every screen is made of: the frame, fields, banners, copy buttons.

pub mod copy;
#[cfg(feature = "ssr")]
pub mod frame;
pub mod form;
pub mod icon;
#[cfg(feature = "ssr")]
pub mod page;
