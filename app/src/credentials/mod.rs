//! What signing in needs for admins and visitors alike: passwords, tokens, email addresses, the client and its browser.

pub(crate) mod browser;
pub mod client;
pub mod code;
pub(crate) mod email;
mod hashing;
pub mod password;
pub mod secret_key;
pub mod store;
pub mod token;

use std::fmt::Write;

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
