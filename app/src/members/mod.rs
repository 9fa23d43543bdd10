//! An instance's members: who may do what with it, and who is invited.

pub mod store;
