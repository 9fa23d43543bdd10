//! What an admin checks on the page that copies settings, and which versions the difference on it compares.

use serde::{Deserialize, Serialize};

use crate::redirects::Flow;

/// The form of the page: from where, and what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyForm {
    /// The slug of the instance that is copied from.
    pub from: String,
    /// The version of it that was shown.
    pub from_version: i64,
    /// The id of its save; empty on pages of an earlier server version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from_save_id: String,
    /// The version of the target that was shown.
    pub version: i64,
    /// The id of its save; empty on pages of an earlier server version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub save_id: String,
    /// The origins that are checked, as the source has them.
    #[serde(default)]
    pub origin: Vec<String>,
    /// The names of the flows that are checked.
    #[serde(default)]
    pub flow: Vec<String>,
    /// `yes`, if the source's own URLs are written as the target's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rewrite: String,
    /// What its sender has seen of its impact.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub confirmed: String,
}

/// What says that the source's own URLs are written as the target's.
pub const REWRITE: &str = "yes";

impl CopyForm {
    /// Whether the source's own URLs are written as the target's.
    pub fn rewrites(&self) -> bool {
        self.rewrite == REWRITE
    }

    /// Whether an origin is checked.
    pub fn has_origin(&self, origin: &str) -> bool {
        self.origin.iter().any(|checked| checked == origin)
    }

    /// Whether a flow's fallback redirect is checked.
    pub fn has_flow(&self, flow: Flow) -> bool {
        self.flow.iter().any(|checked| checked == flow.name())
    }
}
