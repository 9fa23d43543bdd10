//! What Portal Redirects is: its terms, its rules, its screens, its queries.
//!
//! [`redirects`] is the heart, pure and without I/O; the other folders are nouns of the product. Files of the
//! same name have the same job: `form.rs` (what is typed), `store.rs` (queries), `api.rs` (what the browser may call), `view.rs` (the
//! screen), `editor.rs` (the part of it that moves). Features: `ssr` is the server's half, `hydrate` the browser's.

#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
pub mod admins;
#[cfg(feature = "ssr")]
pub mod api_tokens;
#[cfg(feature = "ssr")]
pub mod applications;
pub mod bulk_check;
pub mod copy_settings;
#[cfg(feature = "ssr")]
pub mod credentials;
#[cfg(feature = "ssr")]
pub mod database;
pub mod error;
pub mod fallbacks;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
#[cfg(feature = "ssr")]
pub mod heavy_work;
pub mod history;
#[cfg(feature = "ssr")]
pub mod identity_provider;
#[cfg(feature = "ssr")]
pub mod insight;
pub mod instances;
#[cfg(feature = "ssr")]
pub mod layout;
#[cfg(feature = "ssr")]
pub mod mail;
#[cfg(feature = "ssr")]
pub mod manifest;
#[cfg(feature = "ssr")]
pub mod members;
#[cfg(feature = "ssr")]
pub mod overview;
pub mod paths;
#[cfg(feature = "ssr")]
pub mod portal;
pub mod preview;
#[cfg(feature = "ssr")]
pub mod preview_origins;
#[cfg(feature = "ssr")]
pub mod rate_limits;
pub mod redirects;
#[cfg(feature = "ssr")]
pub mod routes;
pub mod runtimes;
#[cfg(feature = "ssr")]
pub mod sampled;
pub mod saving;
#[cfg(feature = "ssr")]
pub mod snippets;
pub mod target_checks;
pub mod ui;
#[cfg(feature = "ssr")]
pub mod visitors;

// Cargo compiles a crate again when a variable that it reads has changed. `.ci/sqlx` counts on that: sqlx describes the queries only
// while they are compiled.
#[cfg(feature = "ssr")]
const _: Option<&str> = option_env!("SQLX_OFFLINE_DIR");

/// The browser's entry: lets the islands on the page come alive.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
