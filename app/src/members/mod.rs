//! An instance's members: who may do what with it, and who is invited.

pub mod form;
pub(crate) mod role;
pub mod store;
pub mod view;
