//! What a page is put into: the frame, loading, the error page, what a rejected form shows.

#[cfg(feature = "ssr")]
pub mod frame;
#[cfg(feature = "ssr")]
pub mod loading;
