//! The history: who changed what. Each change is recorded in the transaction that makes it, and the record is never altered.
//!
//! `store/` records changes and reads them, `filter.rs` narrows them down, `difference.rs` describes a change, `fold.rs` tells many as one, `view.rs` shows the history,
//! `export.rs` exports it, and `restore/` restores the fallback redirects of an earlier version.

#[cfg(feature = "ssr")]
mod actor;
#[cfg(feature = "ssr")]
pub mod difference;
#[cfg(feature = "ssr")]
pub mod export;
#[cfg(feature = "ssr")]
pub mod fields;
#[cfg(feature = "ssr")]
pub mod filter;
#[cfg(feature = "ssr")]
pub(crate) mod fold;
#[cfg(feature = "ssr")]
mod kind;
pub mod restore;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod view;

#[cfg(feature = "ssr")]
pub use actor::{ActingToken, Actor, with_token};
#[cfg(feature = "ssr")]
pub use kind::{Kind, UnknownKind};
#[cfg(feature = "ssr")]
pub use store::record;
