//! What signing in needs for admins and visitors alike: passwords, tokens, email addresses, the client and its browser.

pub(crate) mod browser;
pub mod client;
pub(crate) mod email;
mod hashing;
pub mod password;
pub mod secret_key;
pub mod token;
