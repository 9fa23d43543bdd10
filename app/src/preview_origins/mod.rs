//! Preview origins: allowed origins that expire. A build adds the address of its preview, and nobody has to remember to remove it.

mod host_pattern;

pub use host_pattern::{HostPattern, HostPatternError};
