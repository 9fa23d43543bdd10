//! The Overview tab: where each flow ends today and why, what is skipped, who changed what, what is live, and the portal's addresses.

mod addresses;
mod ends;
mod skipped;
mod status;
#[cfg(test)]
mod tests;
pub mod view;
