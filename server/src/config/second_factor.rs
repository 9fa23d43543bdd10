//! Whether admins need a second factor, and where its key is.

use app::credentials::secret_key::SecretKey;

use crate::secret_key_file::SecretKeyFile;

/// Whether admins must have a second factor, and the key of its secrets.
#[derive(Clone, Debug)]
pub struct SecondFactor {
    /// Whether every admin must have one.
    pub is_required: bool,
    /// The file of the key.
    pub key_file: SecretKeyFile,
}

impl SecondFactor {
    /// The key; `None` if it can't be read.
    pub(crate) fn read_key(&self) -> Option<SecretKey> {
        match self.key_file.read() {
            Ok(key) => Some(key),
            // A server without second factors needs no key. One that needs it logs a missing key as an error.
            Err(error) => {
                tracing::debug!("the secret key can't be read: {error}");
                None
            }
        }
    }
}
