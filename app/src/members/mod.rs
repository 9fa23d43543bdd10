//! An instance's members: who may do what with it, and who is invited.

pub mod form;
pub(crate) mod role;
mod rows;
pub mod store;
#[cfg(test)]
mod tests;
pub mod view;
