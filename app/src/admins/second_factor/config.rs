//! What the server says about second factors: whether it requires them, and where the key to their secrets is.

use std::{fmt, sync::Arc};

use crate::credentials::secret_key::SecretKey;

/// What the server says about second factors. Pages find it in their context.
#[derive(Clone, Default)]
pub struct SecondFactorConfig {
    /// Whether every admin must have one.
    pub is_required: bool,
    read_key: Option<Arc<dyn Fn() -> Option<SecretKey> + Send + Sync>>,
}

impl SecondFactorConfig {
    /// With a function that reads the key; it returns `None` if the key can't be read.
    pub fn new(is_required: bool, read_key: impl Fn() -> Option<SecretKey> + Send + Sync + 'static) -> Self {
        Self { is_required, read_key: Some(Arc::new(read_key)) }
    }

    /// The key that the secrets are encrypted with; `None` if it can't be read.
    pub fn key(&self) -> Option<SecretKey> {
        self.read_key.as_ref().and_then(|read| read())
    }
}

impl fmt::Debug for SecondFactorConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactorConfig").field("is_required", &self.is_required).finish_non_exhaustive()
    }
}
