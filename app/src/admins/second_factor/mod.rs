//! The second factor of admins: a code of an authenticator app beside the password, or a recovery code in its place.
//!
//! `totp.rs` and `recovery_code.rs` are the codes, `check.rs` checks what somebody has entered, `settings.rs` turns it on and off,
//! and `config.rs` is what the server says about all of them.

pub mod check;
mod config;
mod recovery_code;
pub mod settings;
#[cfg(test)]
mod tests;
mod totp;

pub use config::SecondFactorConfig;
pub use recovery_code::{RECOVERY_CODES, RecoveryCode};
pub use totp::TotpSecret;
