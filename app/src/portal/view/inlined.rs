//! What stands in a page instead of being loaded, and the hash by which the page's policy lets it through.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// A script or a style sheet in a page.
#[derive(Debug)]
pub struct Inlined {
    text: String,
    /// The source of a Content-Security-Policy that lets this text through, and no other.
    pub source: String,
}

impl Inlined {
    pub(super) fn new(text: String) -> Self {
        let source = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(&text)));
        Self { text, source }
    }

    /// What the browser reads.
    pub fn text(&self) -> &str {
        &self.text
    }
}
