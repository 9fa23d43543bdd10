//! The dashboard over HTTP: who may ask, the pages, and one file a noun for what is posted.

pub(crate) mod admins;
pub(crate) mod archive;
pub(crate) mod assets;
pub(crate) mod bulk_check;
mod cookies;
pub(crate) mod copy_settings;
pub(crate) mod forms;
pub(crate) mod guard;
pub(crate) mod history;
pub(crate) mod members;
pub(crate) mod portal_pages;
pub(crate) mod rate_limits;
pub(crate) mod rendering;
