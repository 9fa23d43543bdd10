//! What a page is put into: the frame, loading, the error page, what a rejected form shows.

pub mod current_tab;
pub mod error_page;
pub mod frame;
pub mod hydration;
pub mod insecure_http;
pub mod loading;
mod off_banner;
pub mod rejected;
mod rule_banner;
pub mod switcher;
