//! Recovery codes: each signs an admin in once, in the place of a code of the authenticator app.

pub use crate::credentials::code::Code as RecoveryCode;

/// How many recovery codes an admin gets.
pub const RECOVERY_CODES: usize = 10;

/// The codes of a new set.
///
/// # Errors
/// The system gives no random bytes.
pub(super) fn new_set() -> Result<Vec<RecoveryCode>, getrandom::Error> {
    (0..RECOVERY_CODES).map(|_| RecoveryCode::new()).collect()
}
