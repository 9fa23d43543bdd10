//! Putting the fallback redirects of an earlier version back, as a new version.

pub mod api;
#[cfg(feature = "ssr")]
mod save;
#[cfg(feature = "ssr")]
pub mod view;

use serde::{Deserialize, Serialize};

/// The form of the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreForm {
    /// The version that the page was made from.
    pub version: i64,
    /// The id of the save that the page was made from; empty on pages of an earlier server version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub save_id: String,
}

/// The version that an address names; `None` for anything else.
pub fn version_of(text: &str) -> Option<i64> {
    text.parse().ok().filter(|version: &i64| *version >= 1 && version.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_number_from_1_written_as_numbers_are() {
        assert_eq!(version_of("1"), Some(1));
        assert_eq!(version_of("9223372036854775807"), Some(i64::MAX));
        for text in ["", "0", "-1", "+1", "01", "1.0", "1e3", " 1", "x", "9223372036854775808", "export.csv"] {
            assert_eq!(version_of(text), None, "{text}");
        }
    }
}
