//! Who changed what: the record of every change. It is written in the transaction that makes the change, and never altered.
//!
//! `record.rs` writes it. `store.rs` reads it, as `filter.rs` asks; `difference.rs` says it in words, `view.rs` shows it,
//! `export.rs` makes a file of it, and `restore/` puts the fallback redirects of an earlier version back.

#[cfg(feature = "ssr")]
mod actor;
#[cfg(feature = "ssr")]
pub mod difference;
#[cfg(feature = "ssr")]
pub mod export;
#[cfg(feature = "ssr")]
pub mod filter;
#[cfg(feature = "ssr")]
mod kind;
#[cfg(feature = "ssr")]
pub mod last;
#[cfg(feature = "ssr")]
pub mod record;
pub mod restore;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod store_tests;
#[cfg(feature = "ssr")]
pub mod view;

#[cfg(feature = "ssr")]
pub use actor::Actor;
#[cfg(feature = "ssr")]
pub use kind::Kind;
