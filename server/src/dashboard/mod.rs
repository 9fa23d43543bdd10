//! The dashboard over HTTP: who may ask, the pages, and one file a noun for what is posted.

mod activity;
mod admin_provider;
mod admins;
mod api_tokens;
mod applications;
mod archive;
mod assets;
mod bulk_check;
mod cookies;
mod copy_settings;
mod failure;
mod fallbacks;
mod fragments;
mod guard;
mod history;
pub(crate) mod host_guard;
mod identity_provider;
mod instances;
mod members;
mod portal_pages;
mod posted_form;
mod preview;
mod preview_origins;
mod rate_limits;
mod recent;
mod rendering;
pub(crate) mod routes;
mod saving;
mod second_factor;
mod server_functions;
mod shown_once;
mod target_checks;
mod visitors;

pub(crate) use rendering::Dashboard;
