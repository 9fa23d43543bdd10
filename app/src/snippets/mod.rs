//! The Snippets tab: an instance's fallback redirects for those who host the components themselves, ready to copy.

mod files;
mod framework;
mod quote;
mod snippet;
mod target;
mod template;
#[cfg(test)]
mod tests;
pub mod view;
