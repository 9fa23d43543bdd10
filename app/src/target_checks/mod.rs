//! The health of targets: what the fallback redirects, the home URL and the portal origin lead to, as the server checks it.

pub mod api;
#[cfg(feature = "ssr")]
mod check;
#[cfg(feature = "ssr")]
mod describe;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
pub(crate) mod health;
#[cfg(feature = "ssr")]
mod outcome;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
#[cfg(test)]
mod store_tests;
#[cfg(feature = "ssr")]
mod target;
#[cfg(feature = "ssr")]
pub mod view;

#[cfg(feature = "ssr")]
pub use check::{InstanceChecks, TargetCheck, TargetChecks};
#[cfg(feature = "ssr")]
pub use outcome::{CheckOutcome, Severity, TargetState};
#[cfg(feature = "ssr")]
pub use target::{Target, targets};

/// The id of the form that has targets checked, for buttons that are outside of it.
pub const CHECK_FORM: &str = "check-targets";

/// The id of the text that says how the check goes.
pub const CHECK_SAID: &str = "check-said";
