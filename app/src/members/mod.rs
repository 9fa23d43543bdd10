//! The members of an instance: their roles, and who is invited.

pub mod form;
pub(crate) mod role;
pub mod store;
pub mod view;
