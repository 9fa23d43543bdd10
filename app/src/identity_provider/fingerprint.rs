//! Tells whether somebody else has saved a provider's settings since a form was filled from them.

use sha2::{Digest, Sha256};

use super::StoredProvider;
use crate::credentials::hex;

impl StoredProvider {
    /// A text that differs after every change of the settings or the secret, and tells nothing about either.
    pub fn fingerprint(&self) -> String {
        let secret = self.client_secret.as_ref().map(|secret| &secret.0);
        hex(&Sha256::digest(format!("{:?}{secret:?}", self.settings)))
    }
}
