//! Copying settings from one instance to another, as from development to production: allowed origins and fallback redirects.
//! `plan.rs` says what would change and what the target's rules refuse, before and while it is done. `rewrite.rs` writes the source's own
//! URLs as the target's, if that is chosen.

pub mod api;
pub mod form;
#[cfg(feature = "ssr")]
pub mod plan;
#[cfg(feature = "ssr")]
mod rewrite;
#[cfg(feature = "ssr")]
mod sections;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests;
#[cfg(feature = "ssr")]
pub mod view;
#[cfg(feature = "ssr")]
mod weigh;
