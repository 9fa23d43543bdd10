//! Preview origins: allowed origins that expire. A build adds the address of its preview, and nobody has to remember to remove it.

mod expiry;
mod host_pattern;
mod origin;
pub mod save;
pub mod store;
#[cfg(test)]
mod store_tests;
pub mod view;

pub use expiry::{ExpiryError, parse_expiry};
pub use host_pattern::{HostPattern, HostPatternError};
pub use origin::{PreviewOriginError, parse_origin};

/// The most preview origins of an instance, beside the ones that are allowed for good.
pub const MAX_PREVIEW_ORIGINS: usize = 500;
