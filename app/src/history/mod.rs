//! The history: who changed what. Each change is recorded in the transaction that makes it, and the record is never altered.
//!
//! `record.rs` says what is recorded. `store/` writes and reads it, `filter.rs` narrows it down, `difference.rs` describes a change,
//! `view.rs` shows the history, `export.rs` exports it, and `restore.rs` restores the fallback redirects of an earlier version.

mod actor;
pub mod difference;
pub mod export;
pub mod filter;
mod kind;
pub mod record;
pub mod restore;
pub mod store;
pub mod view;

pub use actor::Actor;
pub use kind::{Kind, UnknownKind};
