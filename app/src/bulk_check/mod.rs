//! The bulk check: a pasted or uploaded list of links, and where each of them leads, as a table and as CSV.

#[cfg(feature = "ssr")]
pub mod check;
#[cfg(feature = "ssr")]
mod column;
#[cfg(feature = "ssr")]
pub mod export;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
pub mod list;
#[cfg(feature = "ssr")]
mod results;
#[cfg(feature = "ssr")]
pub mod selection;
pub mod upload;
#[cfg(feature = "ssr")]
pub mod view;

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests;
