//! The Snippets tab: an instance's fallback redirects as code to copy, for applications that host the components themselves.

mod files;
mod framework;
mod quote;
mod snippet;
mod target;
mod template;
#[cfg(test)]
mod tests;
pub mod view;
