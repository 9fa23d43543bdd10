//! Who changed what: the record of every change. It is written in the transaction that makes the change, and never altered.
//!
//! `record.rs` writes it. `store.rs` reads it, as `filter.rs` asks; `difference.rs` says it in words, `view.rs` shows it,
//! `export.rs` makes a file of it, and `restore.rs` puts the fallback redirects of an earlier version back.

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
