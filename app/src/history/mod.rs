//! Who changed what: the record of every change. It is written in the transaction that makes the change, and never altered.

mod actor;
mod kind;
pub mod record;

pub use actor::Actor;
pub use kind::Kind;
