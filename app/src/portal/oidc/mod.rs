//! What applications learn of visitors: signed tokens, and the codes and access tokens of the instance's `OpenID` Connect provider.

pub mod authorization;
pub mod claims;
pub mod id_token_hint;
pub mod key_ring;
pub mod signing_key;
pub mod store;
#[cfg(test)]
mod tests;
