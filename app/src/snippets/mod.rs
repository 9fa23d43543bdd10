//! The Snippets tab: an instance's fallback redirects as code to copy, for applications that host the components themselves, and its
//! settings for a pipeline. Or code that asks who is signed in.

mod files;
mod framework;
mod pipeline;
mod quote;
mod sessions;
mod snippet;
mod target;
mod template;
#[cfg(test)]
mod tests;
pub mod view;

/// The origin of the dashboard, where programs reach the management API. It is in the context of every page.
#[derive(Clone, Debug, Default)]
pub struct DashboardOrigin(pub String);
