//! Whether an instance's visitors confirm their email address before a session begins.

pub mod store;
#[cfg(test)]
mod tests;
pub mod view;
